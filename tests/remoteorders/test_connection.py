"""`GET connection` of the remote order server: a second service, with its own URI, scope and door."""

from typing import Any

import msgspec
import pytest
from powerepos.contract import RemoteOrderConnectionResponse

from tests.resourceserver.authserver import KAPOW, ROS_URI, Keys, claims, ros_claims
from tests.support.clock import START_MS


async def call(http, keys: Keys, content: dict[str, Any]):
    return await http.get("/ros/connection", headers={"Authorization": f"Bearer {keys.sign(content)}"})


async def test_it_says_whom_the_token_is_for_and_takes_no_permission(http, keys: Keys) -> None:
    answer = await call(http, keys, ros_claims(START_MS))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert msgspec.json.decode(answer.content, type=RemoteOrderConnectionResponse) == RemoteOrderConnectionResponse(
        organisation_code="DEMO-CAFE",
        kapow=KAPOW,
        client_id="clientone",
        service_uri=ROS_URI,
        expires_at="2026-01-01T01:00:00Z",
        expires_in_seconds=3600,
    )


async def test_a_token_of_partner_services_is_refused(http, keys: Keys) -> None:
    answer = await call(http, keys, claims(START_MS))
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("scope", ["partnerservices", "rosx", ""])
async def test_a_token_without_its_scope_is_told_which(http, keys: Keys, scope: str) -> None:
    answer = await call(http, keys, ros_claims(START_MS, scope=scope))
    assert answer.status_code == 403
    assert 'scope="ros"' in answer.headers["www-authenticate"]
