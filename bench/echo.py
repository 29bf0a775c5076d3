"""The floor's HTTP part: an ASGI handler that reads the body and answers as many bytes as a token answer has."""

from typing import Any

from litestar import Litestar, asgi

_BODY = b"x" * 900
_HEADERS = [
    (b"content-type", b"application/json"), (b"cache-control", b"no-store"), (b"pragma", b"no-cache"),
    (b"content-length", str(len(_BODY)).encode()),
]  # fmt: skip


@asgi("/echo", copy_scope=False)
async def echo(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - ASGI
    """Read all, answer at once."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


app = Litestar([echo], openapi_config=None, logging_config=None)
