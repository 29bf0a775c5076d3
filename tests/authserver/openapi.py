"""The AuthServer's endpoints as OpenAPI 3.1 would describe them, for tests that draw requests from a description."""

from typing import Any

_ERROR = {
    "type": "object",
    "required": ["error", "error_description", "error_uri"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "enum": [
                "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
                "invalid_scope", "temporarily_unavailable",
            ]
        },
        "error_description": {"type": "string", "pattern": r"^[\x20-\x21\x23-\x5b\x5d-\x7e]+$"},
        "error_uri": {"type": "string", "pattern": "^http://localhost:8000/docs/errors/[a-z_]+$"},
    },
}  # fmt: skip
_TOKEN = {
    "type": "object",
    "required": ["token_type", "access_token", "expires_in", "svc", "org_id", "scope"],
    "additionalProperties": False,
    "properties": {
        "token_type": {"const": "Bearer"},
        "access_token": {"type": "string"},
        "expires_in": {"type": "integer"},
        "refresh_token": {"type": "string", "pattern": "^pepos_rt_[a-z2-7]{32}[0-9a-f]{8}$"},
        "svc": {"type": "string", "pattern": "^https?://.+/$"},
        "org_id": {"type": "string", "pattern": "^[A-Z0-9][A-Z0-9-]{0,14}[A-Z0-9]$"},
        "scope": {"type": "string"},
    },
}
_ENTRY = {
    "type": "object",
    "required": ["n", "kind", "id", "state"],
    "properties": {
        "n": {"type": "integer"},
        "kind": {"enum": ["grant", "connection", "account", "client", "organisation"]},
        "state": {"enum": ["refused", "narrowed", "lifted", "moved"]},
    },
}
_PAGE = {
    "type": "object",
    "required": ["next", "more", "entries"],
    "additionalProperties": False,
    "properties": {
        "next": {"type": "integer"},
        "more": {"type": "boolean"},
        "entries": {"type": "array", "items": _ENTRY},
    },
}
_ID = {"required": True, "schema": {"type": "string", "minLength": 36, "maxLength": 36}}
_NO_STORE = {"required": True, "schema": {"const": "no-store"}}


def _answer(schema: dict[str, Any] | None, **headers: dict[str, Any]) -> dict[str, Any]:
    content = {} if schema is None else {"content": {"application/json": {"schema": schema}}}
    return {"description": "-", "headers": {"X-Request-ID": _ID, **headers}, **content}


def _refusals(*statuses: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status in statuses:
        headers = {"Cache-Control": _NO_STORE}
        if status == 401:
            headers["WWW-Authenticate"] = {"required": True, "schema": {"const": 'Basic realm="PowerEPOS"'}}
        if status in (429, 503):
            headers["Retry-After"] = {"required": True, "schema": {"type": "integer", "minimum": 1}}
        found[str(status)] = _answer(_ERROR, **headers)
    return found


def _object(required: list[str], **parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": parameters, "additionalProperties": False}


def _form(schema: dict[str, Any], success: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}},
        "responses": {"200": _answer(success, **{"Cache-Control": _NO_STORE}), **_refusals(400, 401, 413, 429, 503)},
    }


def _text(longest: int = 256) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "pattern": "^[ -~]+$"}


def _number(name: str, least: int, most: int) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "integer", "minimum": least, "maximum": most}}


def document(client_id: str, client_secret: str) -> dict[str, Any]:
    """The description; its client, being an enumeration of one, is the one that requests are drawn for."""
    client = {
        "client_id": {"enum": [client_id]},
        "client_secret": {"enum": [client_secret]},
    }
    asked = _object(
        ["grant_type", "client_id", "client_secret"],
        grant_type={"enum": ["password", "client_credentials", "refresh_token"]},
        org_id={"enum": ["HARBOUR-1", "harbour-1", "LAKESIDE", "NOWHERE"]},
        username=_text(),
        password=_text(),
        refresh_token=_text(),
        scope={"enum": ["partnerservices", "ros", "ros offline_access", "des", "offline_access", "openid"]},
        **client,
    )
    revoked = _object(["token", "client_id", "client_secret"], token=_text(8192), token_type_hint=_text(), **client)
    introspected = _object(["token"], token=_text(8192))
    feed = {
        "parameters": [_number("after", 0, 2**63 - 1), _number("limit", 1, 1000)],
        "responses": {"200": _answer(_PAGE), **_refusals(400, 401, 410, 429, 503)},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "AuthServer", "version": "1"},
        "paths": {
            "/authorisation/token": {"post": _form(asked, _TOKEN)},
            "/authorisation/revoke": {"post": _form(revoked, None)},
            "/authorisation/introspect": {"post": _form(introspected, {"type": "object"})},
            "/authorisation/revocations": {"get": feed},
        },
    }
