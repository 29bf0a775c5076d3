"""The page of `body.too_slow`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.webui.error_pages.model import PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = "The request's body did not arrive in time: send it again."

PAGE = ErrorPage(
    code=ErrorCodes.BODY_TOO_SLOW,
    sender=PARTNERSERVICES,
    statuses=(408,),
    summary="The request's body did not arrive in time.",
    meaning=("The server gave up waiting for the rest of the body. Nothing of it was acted on or stored.",),
    again="As it is",
    causes=(
        Cause(
            title="The connection is slow or was cut",
            says=(_TEXT,),
            why="A mobile link at the outlet, or a program that opens the request before it has the whole body.",
            cure="Build the body first, then send it in one go on a new connection. Send fewer records at a time where the "
            "link is slow.",
        ),
    ),
    example=service_example(408, ErrorCodes.BODY_TOO_SLOW, _TEXT),
    related=(ErrorCodes.BODY_TOO_LARGE,),
)
