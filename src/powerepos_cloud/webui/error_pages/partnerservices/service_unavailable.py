"""The page of `service.unavailable`."""

from powerepos.contract import ErrorCodes

from powerepos_cloud.webui.error_pages.model import AS_IT_IS, PARTNERSERVICES, Cause, ErrorPage, service_example

_TEXT = "The service cannot answer just now: send the same request again."

PAGE = ErrorPage(
    code=ErrorCodes.SERVICE_UNAVAILABLE,
    sender=PARTNERSERVICES,
    statuses=(503,),
    summary="The service cannot answer just now.",
    meaning=(
        "The header `Retry-After` says how many seconds to wait. Nothing is wrong with your request or your token: keep both.",
    ),
    again=AS_IT_IS,
    causes=(
        Cause(
            title="The service has just started, or something that it needs is away",
            says=(_TEXT,),
            why="The database is being restarted, the service is overloaded, or it does not know yet which tokens were "
            "revoked. Until it does it lets nobody in.",
            cure="Wait for `Retry-After` seconds, then send the same request with the same IDs in it. If it lasts, make "
            "the wait longer each time.",
        ),
    ),
    example=service_example(503, ErrorCodes.SERVICE_UNAVAILABLE, _TEXT, ("Retry-After", "1")),
    related=(ErrorCodes.SERVICE_FAULT, "temporarily_unavailable"),
)
