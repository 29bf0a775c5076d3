"""The page of `temporarily_unavailable`."""

from powerepos_cloud.authserver.throttle import ACCOUNT_FREE, CLIENT_FREE, SOURCE_FREE
from powerepos_cloud.webui.error_pages.model import AS_IT_IS, AUTHSERVER, Cause, ErrorPage, oauth_example

_TOO_MANY = "Too many failed attempts: wait as Retry-After says. A right request is answered always."

PAGE = ErrorPage(
    code="temporarily_unavailable",
    sender=AUTHSERVER,
    statuses=(429, 503),
    summary="Not now: too many failed attempts (429), or the AuthServer cannot answer just now (503).",
    meaning=(
        "The header `Retry-After` says how many seconds to wait. Nothing is wrong with the credentials as far as this "
        "answer tells: it says nothing about them.",
        "The word comes from RFC 6749 section 4.1.2.1; at the token endpoint, with 429 and 503, it is our extension. "
        "A client that treats every unknown `error` as passing does the right thing.",
    ),
    again=AS_IT_IS,
    refresh_token="Still good. Never throw it away on this answer.",
    causes=(
        Cause(
            title="Too many failed attempts",
            part="429",
            says=(_TOO_MANY,),
            why=f"Only failures count, and a 429 only ever takes the place of a refusal. Free of it are {CLIENT_FREE} "
            f"failed client authentications per client and address, {SOURCE_FREE} a minute per address, and "
            f"{ACCOUNT_FREE} failures with the same account or refresh token. After that the wait is a second and "
            "doubles up to 5 minutes; it is forgotten after 15 minutes without a failure.",
            cure="Stop the loop that repeats a wrong request, mend the credentials, then send once. A right request is "
            "answered at once and clears its own count.",
        ),
        Cause(
            title="The AuthServer cannot answer just now",
            part="503",
            says=("The AuthServer cannot answer just now: send the same request again.",),
            why="A database is being restarted, or something else of ours is away for a moment.",
            cure="Wait for `Retry-After` seconds and send the same request. A refresh that succeeded here and whose answer "
            "was lost can be repeated: you get the same successor.",
        ),
    ),
    example=oauth_example("temporarily_unavailable", _TOO_MANY, 429, ("Retry-After", "4")),
    related=("invalid_client", "invalid_grant", "server_error"),
)
