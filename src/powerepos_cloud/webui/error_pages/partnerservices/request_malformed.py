"""The page of `request.malformed`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.webui.error_pages.model import NOT_AS_IT_IS, PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = "The request is malformed."

PAGE = ErrorPage(
    code=ErrorCodes.REQUEST_MALFORMED,
    sender=PARTNERSERVICES,
    statuses=(400,),
    summary="The request cannot be read.",
    meaning=("The call was refused before anything in it was acted on. Nothing was stored.",),
    again=NOT_AS_IT_IS,
    causes=(
        Cause(
            title="The request breaks the rules of HTTP",
            says=(_TEXT,),
            why="A header or the query string is malformed. Hand-made requests and old proxies do this.",
            cure="Send it with a current HTTP library, and compare with the call in the documentation.",
        ),
    ),
    example=service_example(400, ErrorCodes.REQUEST_MALFORMED, _TEXT),
    related=(ErrorCodes.MEDIA_TYPE_UNSUPPORTED, ErrorCodes.BODY_TOO_LARGE),
)
