"""The page of `invalid_client`."""

from powerepos_cloud.webui.error_pages.model import AUTHSERVER, NOT_AS_IT_IS, Cause, ErrorPage, oauth_example

_TEXT = "Client authentication failed: check client_id and client_secret; send them in the body or by HTTP Basic."

PAGE = ErrorPage(
    code="invalid_client",
    sender=AUTHSERVER,
    statuses=(401,),
    summary="Client authentication failed: ClientID and ClientSecret do not prove your client.",
    meaning=(
        "The AuthServer does not know who calls. Until it does, it looks at nothing else: neither the organisation nor the "
        "service account nor the refresh token was checked.",
        "The text is the same for every cause, so that nobody can find out which ClientIDs exist. The causes below are in "
        "the order in which they usually turn out to be true.",
    ),
    again=NOT_AS_IT_IS,
    refresh_token="Still good. Keep it, mend the client's credentials, send the same refresh again.",
    one_text=_TEXT,
    causes=(
        Cause(
            title="The ClientSecret is not whole",
            why="A ClientSecret begins with `pepos_cs_` and holds letters and digits only. A space, a line break or a "
            "missing character at the end is enough: the secret carries a checksum.",
            cure="Copy it anew from where you stored it when it was shown. Read it from a file or a secret store, and cut "
            "off the line break at the end.",
        ),
        Cause(
            title="The secret was replaced",
            why="A client has one or two live secrets. Retiring one ends it at once; a secret that was made with an end "
            "date ends then.",
            cure="Use the secret that is live, or ask PowerEPOS support for another one. Secrets cannot be read back.",
        ),
        Cause(
            title="The ClientID belongs to another secret",
            why="The ClientID of a test client with the secret of the live one, or the AuthServer of another environment.",
            cure="Check ClientID, ClientSecret and the address of the AuthServer together.",
        ),
        Cause(
            title="client_id or client_secret is absent",
            why="One of the two is missing or empty, or both are in the query string, which is never read.",
            cure="Send both in the body, or both by HTTP Basic.",
        ),
        Cause(
            title="HTTP Basic is malformed",
            why="The header `Authorization` is sent twice, uses another scheme such as `Bearer`, or its value is not "
            "`client_id:client_secret` in base64. A `client_id` in the body beside it must be the same.",
            cure="Encode both parts as a form first, then join them with a colon, then use base64 (RFC 6749 section 2.3.1).",
        ),
        Cause(
            title="The assertion is not accepted",
            part="private_key_jwt",
            why="`client_assertion_type` is wrong; no public key is stored with your client, or none with this `kid` and "
            "`alg`; the signature is wrong; `iss` or `sub` is not your ClientID; `aud` is not the issuer as one string; "
            "`exp` is missing, past, or more than 5 minutes ahead; `nbf` is ahead; `jti` is missing or was used before.",
            cure="Make a new assertion for each request, with a new `jti`, and check your clock. Algorithms: ES256, PS256, "
            "RS256 and EdDSA, by the type of your key.",
        ),
        Cause(
            title="The instance's credential is wrong",
            part="Service instances",
            why="Introspection and the revocation feed take the instance's ID and its `pepos_si_` credential by HTTP "
            "Basic, never a partner's ClientID.",
            cure="Check the credential in the instance's settings.",
        ),
    ),
    example=oauth_example("invalid_client", _TEXT, 401, ("WWW-Authenticate", 'Basic realm="PowerEPOS"')),
    related=("unauthorized_client", "temporarily_unavailable"),
)
