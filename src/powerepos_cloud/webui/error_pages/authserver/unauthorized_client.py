"""The page of `unauthorized_client`."""

from powerepos_cloud.webui.error_pages.model import AUTHSERVER, Cause, ErrorPage, oauth_example

PAGE = ErrorPage(
    code="unauthorized_client",
    sender=AUTHSERVER,
    statuses=(400,),
    summary="Your client is known, but may not do this, or not now.",
    meaning=(
        "Client and credentials are right. Somebody has decided that they do not open this at the moment: PowerEPOS for "
        "your client, the organisation for its connection with you.",
        "It is a state, not a fault. As soon as it is lifted the same request works again.",
    ),
    again="As it is, once it is lifted",
    refresh_token="Still good. Keep it: it works again once the pause or the switch is lifted.",
    causes=(
        Cause(
            title="The organisation has paused the connection",
            says=("The organisation has paused this connection: it can resume it.",),
            why="A pause stops new tokens and those that are out, until the organisation resumes it.",
            cure="Stop calling and ask the organisation. Try a refresh now and then, not in a tight loop.",
        ),
        Cause(
            title="The organisation has revoked the connection",
            says=("The organisation has revoked this connection: only it can open it again.",),
            why="The connection was ended. Tokens from before never work again.",
            cure="Ask the organisation to open the connection again, then ask for a new token.",
        ),
        Cause(
            title="The client is switched off",
            says=("This client is switched off: ask PowerEPOS support.",),
            why="PowerEPOS has stopped your client for all organisations. Its secret was right.",
            cure="Ask PowerEPOS support, and name your ClientID.",
        ),
        Cause(
            title="The grant is not allowed to this client",
            says=("This client may not use …: ask PowerEPOS support.",),
            why="Each client has a list of grants. Partner Services clients use `password`, those of the remote order "
            "server `client_credentials`.",
            cure="Use a grant that your client has, or ask PowerEPOS support for this one.",
        ),
        Cause(
            title="The organisation is switched off",
            part="refresh_token",
            says=("The organisation is switched off.",),
            why="PowerEPOS has switched off the organisation as a whole.",
            cure="Ask the organisation. Keep the refresh token.",
        ),
        Cause(
            title="The service account is switched off",
            part="refresh_token",
            says=("The organisation has switched off this service account.",),
            why="The account behind the refresh token is off. It can be switched on again.",
            cure="Ask the organisation. Keep the refresh token.",
        ),
        Cause(
            title="The service account is no longer for this client",
            part="refresh_token",
            says=("The service account is no longer bound to this client.",),
            why="The organisation has taken your ClientID off the account's list.",
            cure="Ask the organisation to bind the account to your ClientID again.",
        ),
        Cause(
            title="Too many workers use one refresh token at the same moment",
            part="refresh_token",
            says=("Too many uses of one refresh token at once: send the same request again.",),
            why="Many requests with the same refresh token crossed each other.",
            cure="Send the same request again. Better: let one worker refresh and share the result.",
        ),
    ),
    example=oauth_example("unauthorized_client", "The organisation has paused this connection: it can resume it."),
    related=("invalid_grant", "token.invalid"),
)
