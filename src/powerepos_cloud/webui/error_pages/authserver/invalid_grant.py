"""The page of `invalid_grant`."""

from powerepos_cloud.webui.error_pages.model import AUTHSERVER, NOT_AS_IT_IS, Cause, ErrorPage, oauth_example

PAGE = ErrorPage(
    code="invalid_grant",
    sender=AUTHSERVER,
    statuses=(400,),
    summary="The organisation, service account, password or refresh token is not accepted.",
    meaning=(
        "Your client is known; what it showed for the organisation is not accepted. For the `password` and "
        "`client_credentials` grants the text is the same whether the organisation, the account or the password is wrong, "
        "so that nobody can find out which exist.",
        "For a refresh token of your own the text says exactly what became of it. The AuthServer never answers "
        "`invalid_grant` for a fault of its own: if it cannot check, it answers `temporarily_unavailable`.",
    ),
    again=NOT_AS_IT_IS,
    refresh_token="Over, if the text says that it expired, was ended or was revoked. The text about a newer token and "
    "the one about `org_id` leave it as it was.",
    causes=(
        Cause(
            title="Organisation, account or password does not fit",
            part="password",
            says=(
                "Organisation Code, service account or password is wrong, or the account is not for this client: "
                "ask the organisation to check all three.",
            ),
            why="One of: the Organisation Code is unknown; the service account is unknown, of another organisation, or "
            "switched off; the organisation is switched off; the account was not opened for your client; the password is "
            "wrong, retired, or not whole. A password begins with `pepos_sp_` and carries a checksum.",
            cure="Ask the organisation to compare all three with what it gave you, to check that the account is on, and "
            "that it is bound to your ClientID.",
        ),
        Cause(
            title="The username is an e-mail address",
            part="password",
            says=(
                "The username is an e-mail address: end users cannot be used here, ask the organisation for a service account.",
            ),
            why="People sign in with e-mail and password on the web. That account never yields a token, whether it exists "
            "or not.",
            cure="Ask the organisation for a service account. Its ID begins with `svc-`.",
        ),
        Cause(
            title="No connection was approved",
            part="client_credentials",
            says=(
                "No approved connection between this client and that Organisation Code: "
                "the organisation makes one in its settings, by your ClientID.",
            ),
            why="The organisation has not approved your client, is unknown, or is switched off.",
            cure="Give the organisation your ClientID and ask it to approve a connection. A service account needs the "
            "`password` grant instead.",
        ),
        Cause(
            title="The refresh token is unknown",
            part="refresh_token",
            says=("The refresh token is unknown, or was never yours: ask for a new token with the service account.",),
            why="It is not whole, belongs to another client of yours, or ended so long ago that it was cleared away.",
            cure="Check that you store all of it: it begins with `pepos_rt_`. Use each one with the client that received it.",
        ),
        Cause(
            title="The refresh token has expired",
            part="refresh_token",
            says=("The refresh token has expired: ask for a new token with the service account.",),
            why="It was not used for longer than its idle lifetime, or its sign-in reached the end of its total lifetime. "
            "Both are listed under Token lifetimes.",
            cure="Ask for a new token with the service account. Refresh at least once in the idle lifetime, even if "
            "nothing was sold.",
        ),
        Cause(
            title="A newer token exists and was used",
            part="refresh_token",
            says=("This refresh token was used and its successor too: use the newest one that you were given.",),
            why="Two workers share one sign-in, and one of them used a token that the other had replaced a moment ago. "
            "Nothing was revoked.",
            cure="Let all workers read the newest token from one place. Load it again, then go on.",
        ),
        Cause(
            title="An older token was used again",
            part="refresh_token",
            says=("The refresh token was revoked: an older token of its family was used again. Ask for a new token.",),
            why="A token was used long after its successor. Somebody else may hold a copy, so the sign-in was ended, its "
            "access tokens too. The organisation and you were told by mail. A restored backup does this as well.",
            cure="Find out who used it: the mail names the address. Then ask for a new token with the service account.",
        ),
        Cause(
            title="The sign-in was revoked",
            part="refresh_token",
            says=("The refresh token was revoked: ask for a new token with the service account.",),
            why="You revoked it, or the organisation ended the connection or removed the service account.",
            cure="Ask the organisation if the end was meant. If it opens the connection again, ask for a new token.",
        ),
        Cause(
            title="The sign-in was ended by newer ones",
            part="refresh_token",
            says=("The refresh token was ended by newer sign-ins: ask for a new token, and keep fewer of them.",),
            why="One client and one account hold a limited number of sign-ins at a time. The one unused for longest was "
            "ended. Asking for `offline_access` with every token request does this.",
            cure="Keep one refresh token per organisation and use it. Leave out `offline_access` where you do not keep it.",
        ),
        Cause(
            title="The lost answer cannot be made again",
            part="refresh_token",
            says=("The answer to this refresh can no longer be repeated: ask for a new token with the service account.",),
            why="A repeat is answered with the help of a key of ours, and PowerEPOS has revoked that key since the first use.",
            cure="Ask for a new token with the service account. If the first answer did reach one of your workers, go on "
            "with "
            "its token.",
        ),
        Cause(
            title="The refresh names another organisation",
            part="refresh_token",
            says=("The parameter org_id names another organisation than this refresh token is for.",),
            why="`org_id` may be left out at a refresh. If it is sent, it must be the organisation of the token.",
            cure="Keep refresh tokens by organisation, and send the one that belongs to `org_id`.",
        ),
    ),
    example=oauth_example("invalid_grant", "The refresh token has expired: ask for a new token with the service account."),
    related=("unauthorized_client", "invalid_client", "temporarily_unavailable"),
)
