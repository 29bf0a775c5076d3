"""The reference is complete: it is made of the contract's words, and every one of them is explained."""

import re

import httpx
import pytest
from powerepos.contract import ALL_PERMISSIONS, SERVICE_PERMISSIONS, SERVICE_SCOPES

from powerepos_cloud.accesstoken import AccessTokenClaims
from powerepos_cloud.authserver.metadata import authorization_server_metadata
from powerepos_cloud.webui.markup import in_words, json_in_colour, with_code
from powerepos_cloud.webui.reference import CLAIM_TEXTS, permission_rows, scope_rows
from tests.webui.app import serve, webui
from tests.webui.document import Document

ISSUER = "https://auth.powerepos.example"


@pytest.fixture
async def page(anyio_backend: str) -> Document:
    """The AuthServer's reference."""
    transport = httpx.ASGITransport(app=serve(webui(ISSUER)), client=("192.0.2.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as http:
        return Document((await http.get("/docs/authserver")).text)


def test_every_claim_of_a_token_is_explained_and_no_other() -> None:
    assert set(CLAIM_TEXTS) == set(AccessTokenClaims.__struct_fields__)


def test_every_permission_is_listed_under_its_service() -> None:
    assert sorted(name for name, _, _ in permission_rows()) == sorted(ALL_PERMISSIONS)
    assert all(name in SERVICE_PERMISSIONS[service] for name, service, _ in permission_rows())


def test_every_scope_that_the_metadata_names_is_explained() -> None:
    metadata = authorization_server_metadata(ISSUER, ISSUER)
    assert [row.word for row in scope_rows()] == metadata["scopes_supported"]
    assert {row.word for row in scope_rows() if row.permissions} == {
        service for service in SERVICE_SCOPES if SERVICE_PERMISSIONS[service]
    }


def test_every_endpoint_grant_and_way_of_authentication_of_the_metadata_is_on_the_page(page: Document) -> None:
    metadata = authorization_server_metadata(ISSUER, ISSUER)
    endpoints = {value for name, value in metadata.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(endpoints) == 4
    for endpoint in endpoints:
        assert endpoint.removeprefix(ISSUER) in page.text, endpoint
    for word in (*metadata["grant_types_supported"], *metadata["token_endpoint_auth_methods_supported"]):
        assert word in page.all("id"), word
    for algorithm in metadata["token_endpoint_auth_signing_alg_values_supported"]:
        assert algorithm in page.text, algorithm


def test_every_parameter_of_our_own_is_on_the_page(page: Document) -> None:
    metadata = authorization_server_metadata(ISSUER, ISSUER)
    for name in (*metadata["powerepos_token_parameters"], *metadata["powerepos_token_response"]):
        assert re.search(rf"\b{name}\b|{name}(?=[A-Z])", page.text), name


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (90, "1 minute 30 seconds"),
        (3_600, "1 hour"),
        (5_400, "1 hour 30 minutes"),
        (28_800, "8 hours"),
        (86_400, "24 hours"),
        (90_061, "25 hours 1 minute"),
        (172_800, "2 days"),
        (180_061, "2 days 2 hours"),
        (31_536_000, "365 days"),
        (86_400_000, "1,000 days"),
    ],
)
def test_a_duration_is_said_by_its_two_largest_units(seconds: int, words: str) -> None:
    assert in_words(seconds) == words


def test_text_is_escaped_and_code_is_left_as_it_is() -> None:
    assert with_code("It's <b> & `it's <i>`.") == "It’s &lt;b&gt; &amp; <code>it&#39;s &lt;i&gt;</code>."


def test_json_is_escaped_and_only_values_are_marked() -> None:
    shown = json_in_colour({"a<b": 'say "</code>"', "n": 1})
    assert shown == (
        '{\n  &#34;a&lt;b&#34;: <span class="s">&#34;say \\&#34;&lt;/code&gt;\\&#34;&#34;</span>,\n  &#34;n&#34;: 1\n}'
    )
