"""Protected resource metadata (RFC 9728): where to get a token for this instance, and with which scope."""

from urllib.parse import urlsplit

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

_WELL_KNOWN = "/.well-known/oauth-protected-resource"
_MAX_AGE_SECONDS = 3600


class ProtectedResource(msgspec.Struct, frozen=True):
    """The document, by the names of RFC 9728 section 2. `resource` is the instance's URI, as tokens name it in `aud`."""

    resource: str
    authorization_servers: list[str]
    scopes_supported: list[str]
    bearer_methods_supported: list[str]
    resource_name: str


def metadata_path(uri: str) -> str:
    """The path of the metadata of the instance at `uri`: the well-known word goes before its own path (section 3.1)."""
    return _WELL_KNOWN + urlsplit(uri).path.rstrip("/")


def metadata_url(uri: str) -> str:
    """The URL that a challenge names in `resource_metadata` (RFC 9728 section 5.1)."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}{metadata_path(uri)}"


def build_metadata(*, uri: str, service: str, issuer: str, name: str) -> HTTPRouteHandler:
    """The handler that answers at `metadata_path(uri)`; `name` is for people."""
    document = ProtectedResource(
        resource=uri,
        authorization_servers=[issuer],
        scopes_supported=[service],
        bearer_methods_supported=["header"],
        resource_name=name,
    )
    body = msgspec.json.encode(document)
    headers = {"Cache-Control": f"public, max-age={_MAX_AGE_SECONDS}"}

    @get(metadata_path(uri), name=f"metadata-{service}")
    async def protected_resource() -> Response[bytes]:
        return Response(body, headers=headers, media_type="application/json")

    return protected_resource
