"""The page of the challenge error `insufficient_scope`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.webui.error_pages.model import CHALLENGE, NOT_AS_IT_IS, Cause, ErrorPage
from powerepos_cloud.webui.error_pages.partnerservices import permission_missing

PAGE = ErrorPage(
    code="insufficient_scope",
    sender=CHALLENGE,
    statuses=(403,),
    summary="The word for `scope.missing` and `permission.missing` in the header.",
    meaning=(
        "OAuth libraries read the header `WWW-Authenticate` (RFC 6750 section 3). It has one word where the body tells two "
        "things apart, so read `errorCode`.",
    ),
    again=NOT_AS_IT_IS,
    causes=(
        Cause(
            title="The token is for another service",
            part="scope.missing",
            why="The challenge has `scope`, which names the one that is needed.",
            cure="Ask for a token with that scope.",
        ),
        Cause(
            title="The organisation has not granted a permission",
            part="permission.missing",
            why="The challenge has no `scope`: another token of the same account would not help.",
            cure="Ask the organisation for the permission that the text names, then get a new token.",
        ),
    ),
    example=permission_missing.PAGE.example,
    related=(ErrorCodes.SCOPE_MISSING, ErrorCodes.PERMISSION_MISSING),
)
