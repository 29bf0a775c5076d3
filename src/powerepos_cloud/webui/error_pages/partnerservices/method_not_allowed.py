"""The page of `method.not_allowed`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.webui.error_pages.model import NOT_AS_IT_IS, PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = "This address does not take this method: see the header Allow."

PAGE = ErrorPage(
    code=ErrorCodes.METHOD_NOT_ALLOWED,
    sender=PARTNERSERVICES,
    statuses=(405,),
    summary="The address exists, but not with this method.",
    meaning=("The header `Allow` lists the methods that this address takes. Nothing was stored.",),
    again=NOT_AS_IT_IS,
    causes=(
        Cause(
            title="Another method than the call has",
            says=(_TEXT,),
            why="Reading is GET, sending is POST. A redirect from http to https turns a POST into a GET in many libraries.",
            cure="Use the method of the documentation, and call the https address of `svc` directly.",
        ),
    ),
    example=service_example(405, ErrorCodes.METHOD_NOT_ALLOWED, _TEXT, ("Allow", "GET, OPTIONS")),
    related=(ErrorCodes.NOT_FOUND,),
)
