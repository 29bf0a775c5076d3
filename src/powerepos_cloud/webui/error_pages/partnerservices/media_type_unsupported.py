"""The page of `media_type.unsupported`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.webui.error_pages.model import NOT_AS_IT_IS, PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = "The request's body is of another media type than application/json."

PAGE = ErrorPage(
    code=ErrorCodes.MEDIA_TYPE_UNSUPPORTED,
    sender=PARTNERSERVICES,
    statuses=(415,),
    summary="The body is not sent as JSON.",
    meaning=("The service reads JSON only. The body was not looked at, and nothing was stored.",),
    again=NOT_AS_IT_IS,
    causes=(
        Cause(
            title="The header Content-Type is missing or names another type",
            says=(_TEXT,),
            why="curl's `--data` says that it sends a form. That is right for the AuthServer and wrong here.",
            cure="Send `Content-Type: application/json`.",
        ),
    ),
    example=service_example(415, ErrorCodes.MEDIA_TYPE_UNSUPPORTED, _TEXT),
    related=(ErrorCodes.REQUEST_MALFORMED,),
)
