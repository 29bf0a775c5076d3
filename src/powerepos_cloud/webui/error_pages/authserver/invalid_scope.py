"""The page of `invalid_scope`."""

from powerepos.contract import SERVICE_SCOPES

from powerepos_cloud.webui.error_pages.model import AUTHSERVER, NOT_AS_IT_IS, Cause, ErrorPage, oauth_example

_SERVICES = ", ".join(SERVICE_SCOPES)

PAGE = ErrorPage(
    code="invalid_scope",
    sender=AUTHSERVER,
    statuses=(400,),
    summary="The scope is missing or unknown, or asks for more than may be granted.",
    meaning=(
        "`scope` says which service the token is for. It holds exactly one service, and `offline_access` if you want a "
        "refresh token: `partnerservices offline_access`.",
        "That a service is not open to you is told only once your credentials are proved.",
    ),
    again=NOT_AS_IT_IS,
    refresh_token="Still good. Nothing was used up.",
    causes=(
        Cause(
            title="No scope was sent",
            says=(f"The parameter scope is missing: ask for one of {_SERVICES}.",),
            why="The parameter is absent, empty, or holds spaces only. At a refresh it may be left out.",
            cure="Send `scope=partnerservices+offline_access`. In a form `+` and `%20` are both a space.",
        ),
        Cause(
            title="The scope names no service",
            says=(f"The scope names no service: ask for one of {_SERVICES}.",),
            why="`offline_access` stands alone.",
            cure="Add the service that you want to call.",
        ),
        Cause(
            title="A word is unknown",
            says=(f"Unknown scope: …. Ask for one of {_SERVICES}.",),
            why="A slip in the spelling, capital letters, or a comma between the words. `profile` and `deployment_server` "
            "exist but are never granted to partners.",
            cure="Separate words by a space and spell them as listed under Scopes.",
        ),
        Cause(
            title="The scope names two services",
            says=("The scope names two services: a token is for exactly one, ask for each apart.",),
            why="A token opens one service. It cannot be used for another.",
            cure="Ask for one token per service.",
        ),
        Cause(
            title="The service takes another grant",
            part="password",
            says=("The scope … is granted by client_credentials only.",),
            why="The remote order server works for clients that act by themselves, without a service account.",
            cure="Ask by `client_credentials`, once the organisation has approved a connection.",
        ),
        Cause(
            title="The organisation does not have this service",
            says=("This organisation has no … that this connection may use.",),
            why="The organisation is not assigned to an instance of the service, or its connection with you leaves it out.",
            cure="Ask the organisation whether it uses the service and has chosen it for you.",
        ),
        Cause(
            title="The account has no permission for the service",
            says=("The service account has no permission for …: the organisation must give it one.",),
            why="A token needs at least one permission of its service.",
            cure="Ask the organisation to give the account the permission that you need, listed under Permissions.",
        ),
        Cause(
            title="The refresh asks for more",
            part="refresh_token",
            says=("The scope is wider than what was granted: leave it out or ask for less.",),
            why="A refresh may narrow the scope, never widen it (RFC 6749 section 6).",
            cure="Leave `scope` out: you get what was granted first.",
        ),
    ),
    example=oauth_example("invalid_scope", f"Unknown scope: sales. Ask for one of {_SERVICES}."),
    related=("unauthorized_client", "permission.missing"),
)
