"""Protected resource metadata (RFC 9728): from a refused call to the AuthServer, by what the answers say alone."""

import re
from urllib.parse import urlsplit

import pytest

from powerepos_cloud.resourceserver.metadata import metadata_path, metadata_url
from tests.resourceserver.authserver import ISSUER, ROS_URI, URI


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("http://localhost:8000/", "http://localhost:8000/.well-known/oauth-protected-resource"),
        ("http://localhost:8000/ros/", "http://localhost:8000/.well-known/oauth-protected-resource/ros"),
        ("https://ps.example/a/b/", "https://ps.example/.well-known/oauth-protected-resource/a/b"),
    ],
)
def test_the_well_known_word_goes_between_host_and_path(uri: str, url: str) -> None:
    assert metadata_url(uri) == url
    assert metadata_path(uri) == urlsplit(url).path


@pytest.mark.parametrize(
    ("call", "resource", "scope"),
    [(f"{URI}api/v1/connection", URI, "partnerservices"), (f"{ROS_URI}connection", ROS_URI, "ros")],
)
async def test_a_refused_caller_finds_out_where_to_get_a_token(http, call: str, resource: str, scope: str) -> None:
    refused = await http.get(call)
    found = re.search(r'resource_metadata="([^"]+)"', refused.headers["www-authenticate"])
    assert found
    answer = await http.get(found[1])
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {
        "resource": resource,  # RFC 9728 section 3.3: exactly what the caller used as the service's URI
        "authorization_servers": [ISSUER],
        "scopes_supported": [scope],
        "bearer_methods_supported": ["header"],
        "resource_name": answer.json()["resource_name"],
    }
    assert answer.json()["resource_name"].startswith("PowerEPOS")


async def test_the_metadata_may_be_kept_for_a_while_and_asks_for_no_token(http) -> None:
    answer = await http.get("/.well-known/oauth-protected-resource")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert "www-authenticate" not in answer.headers


async def test_an_instance_that_is_not_here_has_no_metadata(http) -> None:
    assert (await http.get("/.well-known/oauth-protected-resource/des")).status_code == 404
