"""Requests drawn from the published description, right and wrong ones, over real HTTP; each answer must be described."""

from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from powerepos_cloud.foundation.database import Database
from tests.authserver.openapi import drawn_from
from tests.support.application import settings_for
from tests.support.fuzz import EXAMPLES
from tests.support.patience import until_seen
from tests.support.server import Server, serving
from tests.support.trader import open_shop, sign_in
from tests.support.world import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def described(server: Server, world: World, below: str) -> Any:
    """What the server publishes about its paths."""
    published = httpx.get(f"{server.url}/docs/openapi.json").raise_for_status().json()
    return schemathesis.openapi.from_dict(drawn_from(published, world.client.id, world.client.secret, below=below))


def operations(schema: Any, mode: GenerationMode) -> Iterator[Any]:
    """The operations that can be asked rightly, or wrongly: one without parameters has no wrong form."""
    for result in schema.get_all_operations():
        operation = result.ok()
        raw = operation.definition.raw
        if mode is GenerationMode.POSITIVE or raw["parameters"] or "requestBody" in raw:
            yield operation


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_every_answer_is_one_that_is_described(
    anyio_backend: str, world: World, directory_url: str, partnerservices_url: str, mode: GenerationMode
) -> None:
    instance_id, credential, _ = world.instances["partnerservices"]
    statuses: dict[str, set[int]] = {}

    with serving(settings_for(directory_url, partnerservices_url)) as server:
        schema = described(server, world, "/authorisation/")

        def check(case: Any) -> None:
            by_instance = case.path in ("/authorisation/introspect", "/authorisation/revocations")
            options = {"auth": (instance_id, credential)} if by_instance else {}
            answer = case.call(base_url=server.url, **options)
            case.validate_response(answer, checks=CHECKS)
            statuses.setdefault(case.path, set()).add(answer.status_code)

        for operation in operations(schema, mode):
            strategy = operation.as_strategy(generation_mode=mode)
            limits: Any = settings(
                max_examples=EXAMPLES // 4, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
            )
            limits(given(strategy)(check))()
        logged = server.logged()
    assert "Traceback" not in logged
    assert 400 in statuses["/authorisation/token"]
    if mode is GenerationMode.POSITIVE:
        assert statuses["/authorisation/revoke"] == statuses["/authorisation/introspect"] == {200}
        assert 200 in statuses["/authorisation/revocations"]


def test_a_token_and_a_revocation_are_as_described(
    anyio_backend: str, world: World, directory_url: str, partnerservices_url: str
) -> None:
    form = "application/x-www-form-urlencoded"
    with serving(settings_for(directory_url, partnerservices_url)) as server:
        schema = described(server, world, "/authorisation/")
        asked = world.client.form("password", **world.account.login())
        case = schema["/authorisation/token"]["POST"].Case(body=asked, media_type=form)
        issued = case.call(base_url=server.url)
        assert issued.status_code == 200, issued.text
        case.validate_response(issued, checks=CHECKS)
        revoked = {"client_id": world.client.id, "client_secret": world.client.secret, "token": issued.json()["refresh_token"]}
        case = schema["/authorisation/revoke"]["POST"].Case(body=revoked, media_type=form)
        case.validate_response(case.call(base_url=server.url), checks=CHECKS)
        instance_id, credential, _ = world.instances["partnerservices"]
        case = schema["/authorisation/revocations"]["GET"].Case(query={"after": 0})
        page = case.call(base_url=server.url, auth=(instance_id, credential))
        case.validate_response(page, checks=CHECKS)
        assert [entry["kind"] for entry in page.json()["entries"]] == ["grant"]


@pytest.mark.parametrize(  # each of the databases once: what is described does not depend on it
    ("dialect", "mode"),
    [("postgresql", GenerationMode.POSITIVE), ("sqlite", GenerationMode.NEGATIVE)],
    indirect=["dialect"],
    ids=["right", "wrong"],
)
async def test_every_answer_of_partner_services_is_one_that_is_described(
    world: World, directory_url: str, partnerservices_url: str, partnerservices_database: Database, mode: GenerationMode
) -> None:
    await open_shop(partnerservices_database, world)
    statuses: dict[str, set[int]] = {}

    def run() -> str:
        with serving(settings_for(directory_url, partnerservices_url)) as server:
            headers = {"Authorization": f"Bearer {sign_in(server.url, world)}"}
            until_seen(lambda: httpx.get(f"{server.url}/api/v1/connection", headers=headers).status_code == 200)

            def check(case: Any) -> None:
                answer = case.call(base_url=server.url, headers=headers)
                case.validate_response(answer, checks=CHECKS)
                statuses.setdefault(case.path, set()).add(answer.status_code)

            for operation in operations(described(server, world, "/api/v1/"), mode):
                strategy = operation.as_strategy(generation_mode=mode)
                limits: Any = settings(
                    max_examples=EXAMPLES // 20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
                )
                limits(given(strategy)(check))()
            return server.logged()

    assert "Traceback" not in await anyio.to_thread.run_sync(run)
    if mode is GenerationMode.POSITIVE:
        assert statuses["/api/v1/connection"] == {200}
        assert 200 in statuses["/api/v1/sales/zreports"]
