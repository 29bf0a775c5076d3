"""`/docs/reference`: every endpoint and type, rendered from the document that `/docs/openapi.json` publishes."""

import hashlib
from typing import Any

import msgspec
from litestar import HttpMethod, MediaType, Request, Response, route
from litestar.types import ControllerRouterHandler
from markupsafe import Markup, escape

from powerepos_cloud.webui.openapi.document import build_document
from powerepos_cloud.webui.site import Site

_GET = [HttpMethod.GET, HttpMethod.HEAD]
_MAX_AGE_SECONDS = 3600


def build_reference(site: Site, issuer: str) -> list[ControllerRouterHandler]:
    """The handlers of the document and of its page. The document is built here, once."""
    document = build_document(issuer, site.public_url)
    body = msgspec.json.format(msgspec.json.encode(document), indent=1)
    headers = {
        "Cache-Control": f"public, max-age={_MAX_AGE_SECONDS}",
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "X-Content-Type-Options": "nosniff",
    }

    @route("/docs/openapi.json", http_method=_GET, name="openapi")
    async def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
        known = {word.strip().removeprefix("W/") for word in request.headers.get("if-none-match", "").split(",")}
        if headers["ETag"] in known:
            return Response(b"", status_code=304, headers=headers, media_type=MediaType.JSON)
        return Response(body, headers=headers, media_type=MediaType.JSON)

    @route("/docs/reference", http_method=_GET, name="page-reference")
    async def reference(request: Request[Any, Any, Any]) -> Response[bytes]:
        return site.fixed_page(
            request,
            "/docs/reference",
            "docs/reference.html",
            tags=[(tag["name"], tag["description"], _operations(document, tag["name"])) for tag in document["tags"]],
            schemas={name: _shown(schema) for name, schema in sorted(document["components"]["schemas"].items())},
        )

    return [openapi, reference]


def _operations(document: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    """The operations of a tag, each with its path, its method and the name of what its body is."""
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                content = operation.get("requestBody", {}).get("content", {})
                form = content.get("application/x-www-form-urlencoded", {}).get("schema")
                body = content.get("application/json")
                answers = [(status, *_answer(one)) for status, one in operation["responses"].items()]
                found.append(
                    {**operation, "path": path, "method": method.upper(), "form": form, "body": body, "answers": answers}
                )
    return found


def _answer(response: dict[str, Any]) -> tuple[str, str, Any]:
    """Description, name of the type, example."""
    content = response.get("content", {}).get("application/json", {})
    return response["description"], _name(content.get("schema", {})), content.get("example")


def _shown(schema: dict[str, Any]) -> dict[str, Any]:
    """A type as the page shows it."""
    required = set(schema.get("required", ()))
    rows = [
        (name, _words(part), name in required, part.get("default"), part.get("description", ""))
        for name, part in schema.get("properties", {}).items()
    ]
    return {"description": schema.get("description", ""), "rows": rows, "choices": schema.get("enum")}


def _words(part: dict[str, Any]) -> Markup:
    """What a value may be, in a few words; a type's name leads to the type."""
    if "anyOf" in part:
        return Markup(" or ").join(dict.fromkeys(_words(kind) for kind in part["anyOf"]))
    if part.get("type") == "array":
        return Markup("list of {}").format(_words(part.get("items", {})))
    if name := _name(part):
        return Markup('<a href="#type-{0}">{0}</a>').format(name)
    limits = {"maxLength": "at most {} characters", "maximum": "at most {}"}
    told = [text.format(f"{part[key]:,}") for key, text in limits.items() if key in part]
    return escape(", ".join([str(part.get("type", "anything")), *told]))


def _name(part: dict[str, Any]) -> str:
    reference: str = part.get("$ref", "")
    return reference.rpartition("/")[2]
