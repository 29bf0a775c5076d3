"""The page of the challenge error `invalid_token`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.webui.error_pages.model import CHALLENGE, NOT_AS_IT_IS, Cause, ErrorPage
from powerepos_cloud.webui.error_pages.partnerservices import token_invalid

PAGE = ErrorPage(
    code="invalid_token",
    sender=CHALLENGE,
    statuses=(401,),
    summary="The word for `token.invalid` in the header.",
    meaning=(
        "OAuth libraries read the header `WWW-Authenticate` (RFC 6750 section 3). This word in it and `token.invalid` "
        "in the body are the same refusal, with the same text.",
    ),
    again=NOT_AS_IT_IS,
    causes=(
        Cause(
            title="The token expired, was revoked, or is not for here",
            why="The page of `token.invalid` lists every cause with its text.",
            cure="Renew the token, read `svc` from the answer, and call that address once more.",
        ),
    ),
    example=token_invalid.PAGE.example,
    related=(ErrorCodes.TOKEN_INVALID,),
)
