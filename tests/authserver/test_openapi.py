"""Requests drawn from a description of the AuthServer, right and wrong ones, over real HTTP; each answer must be described."""

from typing import Any

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

from tests.authserver.openapi import document
from tests.support.application import settings_for
from tests.support.fuzz import EXAMPLES
from tests.support.server import serving
from tests.support.world import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_every_answer_is_one_that_is_described(
    anyio_backend: str, world: World, directory_url: str, partnerservices_url: str, mode: GenerationMode
) -> None:
    schema: Any = schemathesis.openapi.from_dict(document(world.client.id, world.client.secret))
    instance_id, credential, _ = world.instances["partnerservices"]
    statuses: dict[str, set[int]] = {}

    with serving(settings_for(directory_url, partnerservices_url)) as server:

        def check(case: Any) -> None:
            by_instance = case.path in ("/authorisation/introspect", "/authorisation/revocations")
            options = {"auth": (instance_id, credential)} if by_instance else {}
            answer = case.call(base_url=server.url, **options)
            case.validate_response(answer, checks=CHECKS)
            statuses.setdefault(case.path, set()).add(answer.status_code)

        for operation in schema.get_all_operations():
            strategy = operation.ok().as_strategy(generation_mode=mode)
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
    schema: Any = schemathesis.openapi.from_dict(document(world.client.id, world.client.secret))
    form = "application/x-www-form-urlencoded"
    with serving(settings_for(directory_url, partnerservices_url)) as server:
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
