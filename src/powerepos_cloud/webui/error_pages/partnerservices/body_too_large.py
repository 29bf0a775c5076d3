"""The page of `body.too_large`."""

from powerepos.contract import ErrorCodes, Limits

from powerepos_cloud.webui.error_pages.model import NOT_AS_IT_IS, PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = "The request's body is too large: send less at a time."

PAGE = ErrorPage(
    code=ErrorCodes.BODY_TOO_LARGE,
    sender=PARTNERSERVICES,
    statuses=(413,),
    summary="The request's body is larger than this service reads.",
    meaning=("Nothing of the body was read or stored.",),
    again=NOT_AS_IT_IS,
    causes=(
        Cause(
            title="Too much in one request",
            says=(_TEXT,),
            why=f"A body holds at most {Limits.MAX_BODY_BYTES:,} bytes. `connection` tells the limits, in `limits`.",
            cure="Split it into several requests.",
        ),
    ),
    example=service_example(413, ErrorCodes.BODY_TOO_LARGE, _TEXT),
    related=(ErrorCodes.BODY_TOO_SLOW,),
)
