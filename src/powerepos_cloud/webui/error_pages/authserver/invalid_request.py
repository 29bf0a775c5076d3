"""The page of `invalid_request`."""

from powerepos_cloud.authserver.token import BODY_LIMIT
from powerepos_cloud.webui.error_pages.model import AUTHSERVER, NOT_AS_IT_IS, Cause, ErrorPage, oauth_example

PAGE = ErrorPage(
    code="invalid_request",
    sender=AUTHSERVER,
    statuses=(400, 404, 405, 408, 410, 413),
    summary="The request is malformed: a parameter is missing, repeated or too long, or the body is no form.",
    meaning=(
        "The AuthServer could not read the request as the form that the endpoint takes. Neither an account's password "
        "nor a refresh token was looked at, so the answer says nothing about whether they are right.",
        "`error_description` names the parameter. It never repeats what you sent.",
    ),
    again=NOT_AS_IT_IS,
    refresh_token="Still good. Nothing was used up.",
    causes=(
        Cause(
            title="A parameter is missing or empty",
            says=("The parameter … is missing or empty.",),
            why="`grant_type` is always needed. `password` also needs `org_id`, `username` and `password`; "
            "`client_credentials` needs `org_id`; `refresh_token` needs `refresh_token`; revoking and introspecting need "
            "`token`. An empty parameter counts as absent.",
            cure="Send the parameter named. If your program fills it from a setting, check that the setting is not empty.",
        ),
        Cause(
            title="The body is no form",
            says=("Send the parameters in the body as application/x-www-form-urlencoded.",),
            why="The header `Content-Type` is missing, is sent twice, names another charset than UTF-8, or another type, "
            "most often `application/json` or `multipart/form-data`.",
            cure="Send the parameters as a form in the body. With curl that is `--data`, not `--json` and not `--form`.",
        ),
        Cause(
            title="A parameter is sent twice",
            says=("The parameter … is repeated: send it once (RFC 6749 section 3.2).",),
            why="Many libraries add `client_id` or `scope` by themselves, and your code adds it again.",
            cure="Send each parameter once. Unknown parameters may stay: they are ignored.",
        ),
        Cause(
            title="Two ways of client authentication",
            says=("Two ways of client authentication at once: send client_secret, HTTP Basic or client_assertion, one only.",),
            why="The ClientSecret arrived in the body and in the header `Authorization`, or beside a `client_assertion`. A "
            "library that uses HTTP Basic by default does this once you put the secret into the body as well.",
            cure="Choose one. `client_id` alone may stand in the body beside HTTP Basic; it must be the same.",
        ),
        Cause(
            title="A parameter is too long",
            says=("The parameter … is too long: at most … characters.",),
            why="Parameters hold up to 256 characters, `scope` and `client_assertion` up to 4096, `token` up to 8192.",
            cure="Check that the value is what you think it is. A whole JSON document in the place of a password does this.",
        ),
        Cause(
            title="The encoding is broken",
            says=("The body is not UTF-8.", "Bad percent-encoding in ….", "Not UTF-8 in ….", "A NUL character in …."),
            why="A `%` that is not followed by two hexadecimal digits, bytes that are no UTF-8, or a NUL character. "
            "Hand-made forms do this when a value holds `%`, `&` or `+`.",
            cure="Let your library encode the form, or use curl's `--data-urlencode`.",
        ),
        Cause(
            title="The body is too large",
            says=(f"The body is larger than {BODY_LIMIT} bytes.", "The body is too large."),
            part="413",
            why=f"A form for this endpoint never needs more than {BODY_LIMIT:,} bytes.",
            cure="Send the parameters of the grant and nothing else.",
        ),
        Cause(
            title="Another method than POST",
            says=("Use POST.", "This endpoint does not take that method."),
            part="405",
            why="The endpoint was called by GET or another method. A redirect from http to https also turns a POST into a "
            "GET in many libraries. The header `Allow` names the method that works.",
            cure="Send a POST straight to the https address. Never put a secret into a query string: it is not read there, "
            "and proxies log it.",
        ),
        Cause(
            title="The address is wrong",
            says=("There is no such endpoint.",),
            part="404",
            why="Nothing answers at this path. The word is spelled with an s: `/authorisation/token`.",
            cure="Take the address from the metadata, `/.well-known/oauth-authorization-server`.",
        ),
        Cause(
            title="The body did not arrive whole",
            says=("The connection ended before the body did.", "The body did not arrive in time.", "The request cannot be read."),
            part="408",
            why="The connection broke, or the body took longer than the server waits. The status is 408 where it was too slow.",
            cure="Send the same request again on a new connection.",
        ),
        Cause(
            title="Two lengths for one body, or two hosts",
            says=("Send one Host header, and the body's length in one way: by Content-Length or by Transfer-Encoding.",),
            why="The request has both headers, or a header twice. A proxy between you and us adds one. Two servers can "
            "take "
            "such a request for two different ones, so it is refused and the connection closed.",
            cure="Send `Content-Length` alone, and one `Host`.",
        ),
        Cause(
            title="The revocation feed was asked for a number that it does not have",
            says=(
                "The number in after is too old or above the newest: read again from 0.",
                "The parameter … must be one whole number from … to ….",
            ),
            part="Service instances",
            why="Only service instances read `/authorisation/revocations`; partners never need it. Status 410 means that "
            "the numbers asked for were cleared away.",
            cure="Read again from 0 into an empty list.",
        ),
    ),
    example=oauth_example("invalid_request", "The parameter username is missing or empty."),
    related=("invalid_client", "unsupported_grant_type", "invalid_scope"),
)
