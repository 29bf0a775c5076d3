"""Builds the OpenAPI 3.1 document from the endpoints and their types."""

import re
from http import HTTPStatus
from importlib import metadata
from typing import Any

import msgspec
from powerepos.contract import ErrorResponse, Limits
from powerepos.contract.results import ResultError
from powerepos.contract.sales import PartnerSalesTransaction

from powerepos_cloud.authserver.errors import ErrorBody
from powerepos_cloud.webui.error_pages import PAGES
from powerepos_cloud.webui.error_pages.model import AUTHSERVER, PARTNERSERVICES
from powerepos_cloud.webui.openapi import authserver, fields
from powerepos_cloud.webui.openapi.endpoints import ENDPOINTS
from powerepos_cloud.webui.openapi.model import Endpoint

_REFERENCE = "#/components/schemas/{name}"
_FORM = "application/x-www-form-urlencoded"
_SECURITY = {
    "client": {
        "type": "http",
        "scheme": "basic",
        "description": "ClientID and ClientSecret by HTTP Basic; or in the body; or a signed assertion in the body.",
    },
    "instance": {"type": "http", "scheme": "basic", "description": "A service instance’s ID and its credential."},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token for this service."},
}
_TAGS = {
    authserver.TAG: "Gives tokens, and tells who may rely on them.",
    "Partner Services": "Takes sales and stock orders. Call it at the `svc` of your token: paths are added to it.",
    "Remote Order Server": "A second service, with tokens of its own.",
}


def build_document(issuer: str, docs_url: str) -> dict[str, Any]:
    """The document, as JSON can hold it. `docs_url` is where the error pages begin."""
    schemas = _schemas(docs_url)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method] = _operation(endpoint, docs_url)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "PowerEPOS cloud",
            "version": metadata.version("powerepos-cloud"),
            "description": f"For partners who send sales and stock orders. In words: {docs_url}/docs",
        },
        "servers": [{"url": issuer, "description": "The AuthServer; services answer at the `svc` of a token."}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SECURITY},
    }


def _schemas(docs_url: str) -> dict[str, Any]:
    """Every type on the wire, by name."""
    roots: dict[str, type[msgspec.Struct]] = {}
    for root in (ErrorBody, ErrorResponse, ResultError, PartnerSalesTransaction):
        fields.structs(root, roots)
    for endpoint in ENDPOINTS:
        for part in (endpoint.body, endpoint.answer):
            if isinstance(part, type):
                fields.structs(part, roots)
    _, schemas = msgspec.json.schema_components(list(roots.values()), ref_template=_REFERENCE)
    found: dict[str, Any] = _as_sent(schemas)
    fields.describe(found, roots.values())
    # The server reads sales one by one, so that a fault in one is that sale's: to the type they are raw JSON.
    found["PartnerSalesBatchRequest"]["properties"]["sales"] |= {
        "type": "array", "minItems": 1, "maxItems": Limits.MAX_BATCH_SIZE, "items": _ref(PartnerSalesTransaction)
    }  # fmt: skip
    error = found["ErrorBody"]["properties"]
    error["error"]["enum"] = [page.code for page in PAGES if page.sender == AUTHSERVER]
    error["error_description"]["pattern"] = r"^[\x20-\x21\x23-\x5b\x5d-\x7e]+$"  # RFC 6749 section 5.2
    error["error_uri"]["pattern"] = f"^{re.escape(docs_url)}/docs/errors/[a-z_]+$"
    return found


def _as_sent(part: Any) -> Any:
    """Decimals are JSON numbers, in and out; msgspec describes them as text."""
    if isinstance(part, dict):
        is_decimal = any(kind.get("format") == "decimal" for kind in (part, *part.get("anyOf", ())))
        sent = {name: _as_sent(value) for name, value in part.items() if (name, value) != ("format", "decimal")}
        if part.get("format") == "decimal":
            sent["type"] = "number"
        if is_decimal and isinstance(part.get("default"), str):
            sent["default"] = int(part["default"])
        return sent
    return [_as_sent(value) for value in part] if isinstance(part, list) else part


def _ref(model: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=model.__name__)}


def _operation(endpoint: Endpoint, docs_url: str) -> dict[str, Any]:
    described = [endpoint.description]
    if endpoint.permissions:
        described.append("Needs " + " or ".join(f"`{permission}`" for permission in dict.fromkeys(endpoint.permissions)) + ".")
    operation: dict[str, Any] = {
        "operationId": endpoint.operation_id,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": " ".join(described),
        "parameters": _parameters(endpoint),
        "responses": {
            "200": _success(endpoint),
            **{str(status): _refusal(endpoint, status, docs_url) for status in endpoint.refusals},
        },
    }
    if endpoint.security:
        operation["security"] = [{endpoint.security: []}, *([{}] if endpoint.security == "client" else [])]
    if endpoint.form:
        operation["requestBody"] = {"required": True, "content": {_FORM: {"schema": _form(endpoint)}}}
    if endpoint.body is not None:
        content: dict[str, Any] = {"schema": _ref(endpoint.body)}
        if endpoint.body_example is not None:
            content["example"] = msgspec.to_builtins(endpoint.body_example)
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "description": "A GUID.", "schema": {"type": "string", "format": "uuid"}}
        for name in re.findall(r"\{(\w+)\}", endpoint.path)
    ]
    in_query = [
        {"name": one.name, "in": "query", "required": one.required, "description": one.description, "schema": one.schema}
        for one in endpoint.query
    ]
    return in_path + in_query


def _form(endpoint: Endpoint) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for field in endpoint.form:
        schema: dict[str, Any] = {"type": "string", "description": field.description, "maxLength": field.longest}
        if field.words:
            schema["enum"] = list(field.words)
        if field.required:
            schema["minLength"] = 1
        properties[field.name] = schema
    return {"type": "object", "required": [field.name for field in endpoint.form if field.required], "properties": properties}


def _success(endpoint: Endpoint) -> dict[str, Any]:
    described: dict[str, Any] = {"description": "Done.", "headers": _headers()}
    if endpoint.answer is not None:
        schema = endpoint.answer if isinstance(endpoint.answer, dict) else _ref(endpoint.answer)
        content: dict[str, Any] = {"schema": schema}
        if endpoint.answer_example is not None:
            content["example"] = msgspec.to_builtins(endpoint.answer_example)
        described["content"] = {"application/json": content}
    return described


def _refusals(endpoint: Endpoint, docs_url: str) -> dict[str, Any]:
    return {str(status): _refusal(endpoint, status, docs_url) for status in endpoint.refusals}


def _refusal(endpoint: Endpoint, status: int, docs_url: str) -> dict[str, Any]:
    """What is sent with this status: the codes that have a page, and the headers that tell what to do."""
    by_authserver = endpoint.tag == authserver.TAG
    sender = AUTHSERVER if by_authserver else PARTNERSERVICES
    pages = [page for page in PAGES if page.sender == sender and status in page.statuses]
    named = ", ".join(f"`{page.code}`" for page in pages)
    content: dict[str, Any] = {"schema": _ref(ErrorBody if by_authserver else ErrorResponse)}
    for page in pages[:1]:
        address = {"error_uri" if by_authserver else "helpURI": docs_url + page.path}
        content["example"] = {**page.example.body, **address}
    headers = _headers()
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = {"required": True, "schema": {"type": "string"}, "description": "How to prove yourself."}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = {
            "required": True, "schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."
        }  # fmt: skip
    phrase = HTTPStatus(status).phrase
    return {
        "description": f"{phrase}: {named}." if named else f"{phrase}.",
        "headers": headers,
        "content": {"application/json": content},
    }


def _headers() -> dict[str, Any]:
    return {
        "X-Request-ID": {
            "required": True,
            "description": "Quote it when you ask for help.",
            "schema": {"type": "string", "minLength": 36, "maxLength": 36},
        }
    }
