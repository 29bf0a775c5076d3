"""The page of `unsupported_grant_type`."""

from powerepos_cloud.authserver.token import GRANTS
from powerepos_cloud.webui.error_pages.model import AUTHSERVER, NOT_AS_IT_IS, Cause, ErrorPage, oauth_example

_TEXT = f"Unknown grant_type: use one of {', '.join(GRANTS)}."

PAGE = ErrorPage(
    code="unsupported_grant_type",
    sender=AUTHSERVER,
    statuses=(400,),
    summary="The AuthServer knows no such grant.",
    meaning=(
        "The value of `grant_type` is none of those that the AuthServer answers. Your client was recognised; nothing else "
        "was looked at.",
    ),
    again=NOT_AS_IT_IS,
    refresh_token="Still good. Nothing was used up.",
    one_text=_TEXT,
    causes=(
        Cause(
            title="Another grant than the AuthServer has",
            why="`authorization_code`, `implicit` and device grants do not exist here: partners' systems act by "
            "themselves, nobody signs in.",
            cure="Use `password` with a service account, `client_credentials` with an approved connection, or "
            "`refresh_token` to renew.",
        ),
        Cause(
            title="A slip in the spelling",
            why="The value is compared letter by letter: `Password`, `refresh-token` and `client_credential` are unknown.",
            cure="Send the word in lower case, with the underscore.",
        ),
    ),
    example=oauth_example("unsupported_grant_type", _TEXT),
    related=("unauthorized_client", "invalid_request"),
)
