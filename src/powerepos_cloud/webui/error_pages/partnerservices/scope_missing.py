"""The page of `scope.missing`."""

from powerepos.contract import AuthServerScopes, ErrorCodes

from powerepos_cloud.webui.error_pages.model import NOT_AS_IT_IS, PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = f"The token lacks the scope {AuthServerScopes.PARTNER_SERVICE}."

PAGE = ErrorPage(
    code=ErrorCodes.SCOPE_MISSING,
    sender=PARTNERSERVICES,
    statuses=(403,),
    summary="The token is for another service.",
    meaning=(
        "The token is valid, but its `scope` is not that of the service called. The header `WWW-Authenticate` has "
        "`insufficient_scope` and names the scope that is needed.",
    ),
    again=NOT_AS_IT_IS,
    causes=(
        Cause(
            title="The token was asked for with another scope",
            says=("The token lacks the scope ….",),
            why="Two services can answer under one address. A token still opens only the one that it was asked for.",
            cure="Ask for a token with the scope named, and keep one token per service.",
        ),
    ),
    example=service_example(
        403,
        ErrorCodes.SCOPE_MISSING,
        _TEXT,
        (
            "WWW-Authenticate",
            f'Bearer realm="PowerEPOS", error="insufficient_scope", error_description="{_TEXT}", '
            f'scope="{AuthServerScopes.PARTNER_SERVICE}", '
            'resource_metadata="https://service.example/.well-known/oauth-protected-resource"',
        ),
    ),
    related=(ErrorCodes.PERMISSION_MISSING, "insufficient_scope", "invalid_scope"),
)
