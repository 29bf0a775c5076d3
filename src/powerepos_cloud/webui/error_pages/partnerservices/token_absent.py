"""The page of `token.absent`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.webui.error_pages.model import NOT_AS_IT_IS, PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = "Send an access token: Authorization: Bearer <token>."

PAGE = ErrorPage(
    code=ErrorCodes.TOKEN_ABSENT,
    sender=PARTNERSERVICES,
    statuses=(401,),
    summary="No access token was sent.",
    meaning=(
        "The call carries no bearer token. The header `WWW-Authenticate` names no error, because none was made: it only "
        "says where a token comes from, in `resource_metadata` (RFC 9728).",
    ),
    again=NOT_AS_IT_IS,
    one_text=_TEXT,
    causes=(
        Cause(
            title="The header Authorization is missing",
            why="The client never set it, or it was dropped on the way: by a redirect to another host, or by a proxy.",
            cure="Call the address in `svc` directly, and let no redirect happen.",
        ),
        Cause(
            title="Another scheme than Bearer",
            why="HTTP Basic with ClientID and ClientSecret works at the AuthServer only.",
            cure="Ask the AuthServer for a token first, then send `Authorization: Bearer` and the token.",
        ),
        Cause(
            title="The token is in the query string or in the body",
            why="It is not read there: addresses end up in logs.",
            cure="Send it in the header.",
        ),
    ),
    example=service_example(
        401,
        ErrorCodes.TOKEN_ABSENT,
        _TEXT,
        (
            "WWW-Authenticate",
            'Bearer realm="PowerEPOS", resource_metadata="https://service.example/.well-known/oauth-protected-resource"',
        ),
    ),
    related=(ErrorCodes.TOKEN_INVALID,),
)
