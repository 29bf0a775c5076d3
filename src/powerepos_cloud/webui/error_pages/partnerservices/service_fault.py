"""The page of `service.fault`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.webui.error_pages.model import PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = "This is a fault of ours, and was recorded."

PAGE = ErrorPage(
    code=ErrorCodes.SERVICE_FAULT,
    sender=PARTNERSERVICES,
    statuses=(500,),
    summary="A fault on our side.",
    meaning=("The service met something that it was not made for. It is recorded with the request's ID.",),
    again="As it is, once or twice",
    causes=(
        Cause(
            title="A fault of ours",
            says=(_TEXT,),
            why="Nothing that you can mend.",
            cure="Send the same request again after a few seconds, with the same IDs in it. If it fails again, tell "
            "PowerEPOS support the `requestID`; no token belongs in that mail.",
        ),
    ),
    example=service_example(500, ErrorCodes.SERVICE_FAULT, _TEXT),
    related=(ErrorCodes.SERVICE_UNAVAILABLE,),
)
