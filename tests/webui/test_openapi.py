"""The published document: it describes every endpoint that is served, its examples fit, and the page shows all of it."""

import re
from typing import Any

import httpx
import jsonschema_rs
import pytest

from powerepos_cloud.app import create_app
from powerepos_cloud.webui.openapi.document import build_document
from powerepos_cloud.webui.openapi.endpoints import ENDPOINTS
from tests.support.application import settings_for
from tests.webui.app import serve, webui
from tests.webui.document import Document

ISSUER = "https://auth.powerepos.example"
_PARAMETER = re.compile(r"\{[^}]*\}")
# Beside the APIs: pages for people, and what the operator's tools read.
_NO_API = re.compile(r"/(docs|static|start|sign|account|organisations?|partners?|support|outbox|healthz|readyz|metrics)\b|/$")


@pytest.fixture
def document() -> dict[str, Any]:
    """The document as it is published at `ISSUER`."""
    return build_document(ISSUER, ISSUER)


async def fetched(path: str, **headers: str) -> httpx.Response:
    """An answer of the WebUI."""
    transport = httpx.ASGITransport(app=serve(webui(ISSUER)), client=("192.0.2.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as http:
        return await http.get(path, headers=headers)


async def test_it_is_published_as_it_is_built(document: dict[str, Any]) -> None:
    answer = await fetched("/docs/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == document
    assert (await fetched("/docs/openapi.json", **{"if-none-match": answer.headers["etag"]})).status_code == 304


async def test_every_endpoint_that_is_served_is_described(
    anyio_backend: str, directory_url: str, partnerservices_url: str, document: dict[str, Any]
) -> None:
    hallway = create_app(settings_for(directory_url, partnerservices_url))
    served = {_PARAMETER.sub("{}", path) for path in paths_of(hallway)}
    described = {_PARAMETER.sub("{}", path) for path in document["paths"]}
    assert described <= served
    assert {path for path in served if path.startswith(("/api/", "/authorisation/", "/ros/", "/.well-known/"))} - described <= {
        "/.well-known/oauth-protected-resource/ros"
    }


def paths_of(hallway: Any) -> set[str]:
    """The paths that the application answers at."""
    return {re.sub(r":[a-z]+\}", "}", route.path) for route in hallway._app.routes}  # what it serves is the matter here


def test_every_reference_is_met_and_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(re.findall(r"#/components/schemas/(\w+)", repr(document))) <= set(schemas)
    names = [endpoint.operation_id for endpoint in ENDPOINTS]
    assert len(names) == len(set(names))
    for endpoint in ENDPOINTS:
        assert endpoint.summary
        assert endpoint.description.endswith("."), endpoint.path


def test_every_example_fits_what_is_described(document: dict[str, Any]) -> None:
    number = 0
    for methods in document["paths"].values():
        for operation in methods.values():
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                for content in part.get("content", {}).values():
                    if "example" in content:
                        schema = {**content["schema"], "components": document["components"]}
                        jsonschema_rs.validate(schema, content["example"])
                        number += 1
    assert number > 40


def test_sales_are_described_to_their_last_field_with_decimals_as_numbers(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    batch = schemas["PartnerSalesBatchRequest"]["properties"]["sales"]
    assert (batch["items"], batch["maxItems"]) == ({"$ref": "#/components/schemas/PartnerSalesTransaction"}, 64)
    item = schemas["PartnerSalesTransactionItem"]["properties"]
    assert item["amount"] == {
        "type": "number",
        "description": "Of the whole line, not of a piece; with inclusive taxes, without add-on ones.",
    }
    assert item["incTax1"]["default"] == 0
    assert "decimal" not in repr(schemas)
    assert "batchResult" in schemas["PartnerSalesBatchResponse"]["description"]  # in the wire's spelling


async def test_the_page_shows_every_endpoint_type_and_field(document: dict[str, Any]) -> None:
    answer = await fetched("/docs/reference")
    page = Document(answer.text)
    ids = set(page.all("id"))
    assert {endpoint.operation_id for endpoint in ENDPOINTS} <= ids
    assert {f"type-{name}" for name in document["components"]["schemas"]} <= ids
    for name, schema in document["components"]["schemas"].items():
        for field in schema.get("properties", {}):
            assert f"<code>{field}</code>" in answer.text, (name, field)
    assert not [link for link in page.all("href") if link.startswith("http")]
