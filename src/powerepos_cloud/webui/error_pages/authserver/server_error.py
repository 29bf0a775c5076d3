"""The page of `server_error`."""

from powerepos_cloud.webui.error_pages.model import AUTHSERVER, Cause, ErrorPage, oauth_example

_TEXT = "A fault on our side: send the same request again, and tell us its X-Request-ID."

PAGE = ErrorPage(
    code="server_error",
    sender=AUTHSERVER,
    statuses=(500,),
    summary="A fault on our side.",
    meaning=(
        "The AuthServer met something that it was not made for. It is recorded with the request's ID. Your request may be "
        "perfectly right.",
    ),
    again="As it is, once or twice",
    refresh_token="Still good. Send the same one again: a repeat gets the same successor.",
    one_text=_TEXT,
    causes=(
        Cause(
            title="A fault of ours",
            why="Nothing that you can mend.",
            cure="Send the same request again after a few seconds. If it fails again, tell PowerEPOS support the value "
            "of the header `X-Request-ID`; no secret belongs in that mail.",
        ),
    ),
    example=oauth_example("server_error", _TEXT, 500),
    related=("temporarily_unavailable",),
)
