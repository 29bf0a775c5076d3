"""The page of `token.invalid`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.accesstoken import LEEWAY_SECONDS, MAX_TOKEN_LENGTH, TYPE
from powerepos_cloud.webui.error_pages.model import NOT_AS_IT_IS, PARTNERSERVICES, Cause, ErrorPage, service_example

_EXPIRED = "The token has expired: refresh it, and read svc again."

PAGE = ErrorPage(
    code=ErrorCodes.TOKEN_INVALID,
    sender=PARTNERSERVICES,
    statuses=(401,),
    summary="The token is not for here, or no longer works.",
    meaning=(
        "A token was sent and is not accepted. The header `WWW-Authenticate` has `invalid_token` and the same text.",
        "One rule covers nearly all of it: renew the token, read `svc` from the answer, and call that address once more. "
        "If the AuthServer then refuses to renew, its answer names the reason.",
    ),
    again=NOT_AS_IT_IS,
    causes=(
        Cause(
            title="The token has expired",
            says=(_EXPIRED,),
            why=f"Its `exp` is past by more than {LEEWAY_SECONDS} seconds.",
            cure="Refresh before `expires_in` is over, not only after a failure.",
        ),
        Cause(
            title="The token is for another service",
            says=("The token is for another service: call the address in its svc claim.",),
            why="A token opens exactly one address. This one belongs to another service or another instance.",
            cure="Call the `svc` that came with this token. Never build the address yourself.",
        ),
        Cause(
            title="The organisation has moved",
            says=("The organisation was moved to another instance: get a new token and read svc again.",),
            why="PowerEPOS has moved the organisation to another address since the token was issued.",
            cure="Renew the token and read `svc` again. What was acknowledged before is there.",
        ),
        Cause(
            title="The rights have changed",
            says=("The rights behind this token have changed since it was issued: get a new one.",),
            why="The organisation has taken away a permission, an outlet or your binding, or has opened the connection anew.",
            cure="Renew the token. The new one says what is still open to you.",
        ),
        Cause(
            title="The connection is paused or ended",
            says=("The organisation has paused or ended its connection with this client.",),
            why="A pause stops the next call within 2 seconds.",
            cure="Ask the organisation. Once it resumes, tokens that have not expired work again.",
        ),
        Cause(
            title="The sign-in was revoked",
            says=("The grant that this token belongs to was revoked: get a new one.",),
            why="You revoked the token or its refresh token, or a refresh token was used again after it had been replaced.",
            cure="Ask for a new token with the service account.",
        ),
        Cause(
            title="Account, client or organisation is switched off",
            says=(
                "The service account is switched off.",
                "This client is switched off.",
                "The organisation is switched off.",
            ),
            why="The organisation has switched off the account, or PowerEPOS the client or the organisation.",
            cure="Ask whoever switched it off. Keep the refresh token: it works again afterwards.",
        ),
        Cause(
            title="Another AuthServer has issued it",
            says=(
                "The token was issued by another AuthServer.",
                "The token was signed with a key that the AuthServer does not publish.",
                "The token's signature is wrong.",
                "The token's alg is not that of its key.",
            ),
            why="The token comes from another environment, or was changed on its way.",
            cure="Take token and `svc` from the same answer.",
        ),
        Cause(
            title="It is no access token",
            says=(
                "The token is not a well-formed JWT.",
                f"The token is not an access token: its typ must be {TYPE}.",
                "The token has critical header parameters that are not understood.",
                "The token lacks a claim, or one has a wrong type.",
                f"The token is longer than {MAX_TOKEN_LENGTH} bytes.",
            ),
            why="A refresh token was sent, quotation marks or a line break came along, or the whole JSON answer was sent.",
            cure="Send the value of `access_token` as it is, after `Bearer` and one space.",
        ),
        Cause(
            title="The header was sent twice",
            says=("Send exactly one Authorization header.",),
            why="A library sets the header, and your code sets it as well.",
            cure="Set it in one place.",
        ),
    ),
    example=service_example(
        401,
        ErrorCodes.TOKEN_INVALID,
        _EXPIRED,
        (
            "WWW-Authenticate",
            f'Bearer realm="PowerEPOS", error="invalid_token", error_description="{_EXPIRED}", '
            'resource_metadata="https://service.example/.well-known/oauth-protected-resource"',
        ),
    ),
    related=("invalid_token", "invalid_grant", "unauthorized_client"),
)
