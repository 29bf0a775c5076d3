"""The page of `resource.not_found`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.webui.error_pages.model import NOT_AS_IT_IS, PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = "There is nothing at this address."

PAGE = ErrorPage(
    code=ErrorCodes.NOT_FOUND,
    sender=PARTNERSERVICES,
    statuses=(404,),
    summary="There is nothing at this address.",
    meaning=(
        "The path does not exist in this service. What belongs to another organisation cannot be told from what does not exist.",
    ),
    again=NOT_AS_IT_IS,
    causes=(
        Cause(
            title="The address was put together wrongly",
            says=(_TEXT,),
            why="`svc` ends in a slash, and paths are added to it as they are: `api/v1/connection`. A part that is "
            "missing, or a host from a setting, leads elsewhere.",
            cure="Join `svc` of the latest token answer and the path of the documentation.",
        ),
    ),
    example=service_example(404, ErrorCodes.NOT_FOUND, _TEXT),
    related=(ErrorCodes.METHOD_NOT_ALLOWED,),
)
