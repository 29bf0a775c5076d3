"""The door's words: `ErrorResponse`, or the same facts by RFC 9457, for every status."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Request, get, post
from litestar.exceptions import HTTPException, ServiceUnavailableException
from litestar.params import FromPath
from powerepos.contract import ErrorResponse, Limits, Problem

from powerepos_cloud.foundation.database import DatabaseUnavailable, open_database
from powerepos_cloud.http.hallway import BodyTooSlow
from powerepos_cloud.resourceserver.errors import prefers_problem
from powerepos_cloud.resourceserver.refusals import Refusal
from tests.resourceserver.authserver import URI, Feed, Keys
from tests.resourceserver.services import Services, in_process
from tests.support.clock import FakeClock
from tests.support.databases import SqliteDatabases

SECRET = "pepos_sp_never_to_be_shown"

FAULTS: dict[str, Exception] = {
    "400": HTTPException(status_code=400, detail=SECRET),
    "404": Refusal(404, "outlet.not_found", "There is no such outlet.", detail="of another organisation"),
    "403": Refusal(403, "outlet.forbidden", "The token does not cover this outlet.", data={"amount": Decimal("1.10")}),
    "408": BodyTooSlow(),
    "415": HTTPException(status_code=415),
    "418": HTTPException(status_code=418, detail=SECRET),
    "500": ZeroDivisionError(SECRET),
    "501": HTTPException(status_code=501, detail=SECRET),
    "503": DatabaseUnavailable(SECRET),
    "503b": ServiceUnavailableException(detail=SECRET),
}
EXPECTED = {
    "400": (400, "request.malformed"),
    "404": (404, "outlet.not_found"),
    "403": (403, "outlet.forbidden"),
    "408": (408, "body.too_slow"),
    "415": (415, "media_type.unsupported"),
    "418": (418, "request.malformed"),
    "500": (500, "service.fault"),
    "501": (500, "service.fault"),
    "503": (503, "service.unavailable"),
    "503b": (503, "service.unavailable"),
}


@get("/api/v1/fault/{name:str}")
async def fault(name: FromPath[str]) -> None:
    raise FAULTS[name]


@post("/api/v1/body", request_max_body_size=Limits.MAX_BODY_BYTES)
async def body(request: Request[Any, Any, Any]) -> int:
    return len(await request.body())


@pytest.fixture
async def services(
    anyio_backend: str, keys: Keys, feed: Feed, clock: FakeClock, sqlite_databases: SqliteDatabases
) -> AsyncIterator[Services]:
    """Services with endpoints that fail in every way."""
    url = sqlite_databases.new("partnerservices")
    database = open_database("partnerservices", url)
    yield in_process(keys, feed, database, clock, extra=(fault, body))
    await database.close()
    sqlite_databases.drop(url)


def assert_same_facts(plain: httpx.Response, problem: httpx.Response, status: int, code: str) -> None:
    assert plain.status_code == problem.status_code == status
    assert plain.headers["content-type"].startswith("application/json")
    assert problem.headers["content-type"].startswith("application/problem+json")
    one = msgspec.json.decode(plain.content, type=ErrorResponse)
    other = msgspec.json.decode(problem.content, type=Problem)
    assert one.error_code == other.error_code == code
    assert one.error_message == other.detail
    assert one.data == other.data
    assert other.type == f"tag:powerepos.cloud,2025:error/{code}"
    assert other.status == status
    assert other.title
    assert one.request_id == plain.headers["x-request-id"]
    assert other.request_id == problem.headers["x-request-id"]
    assert plain.json().keys() == {"errorCode", "errorMessage", "requestID", "helpURI", "data"}
    for answer in (plain, problem):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["vary"] == "Accept"
        assert SECRET not in answer.text
    for name in ("www-authenticate", "retry-after", "allow"):
        assert plain.headers.get(name) == problem.headers.get(name)


@pytest.mark.parametrize("name", EXPECTED)
async def test_every_failure_has_one_set_of_facts_in_two_forms(http, name: str) -> None:
    plain = await http.get(f"/api/v1/fault/{name}")
    problem = await http.get(f"/api/v1/fault/{name}", headers={"Accept": "application/problem+json"})
    status, code = EXPECTED[name]
    assert_same_facts(plain, problem, status, code)
    assert (plain.headers.get("retry-after") == "1") is (status == 503)


async def test_a_refusals_data_is_sent_its_detail_only_logged(http, services: Services) -> None:
    forbidden = await http.get("/api/v1/fault/403")
    assert b'"data":{"amount":1.10}' in forbidden.content
    missing = await http.get("/api/v1/fault/404")
    assert missing.json()["data"] is None
    assert "another organisation" not in missing.text
    assert "of another organisation" in services.written.getvalue()


async def test_a_fault_of_ours_is_recorded_with_the_requests_id(http, services: Services) -> None:
    answer = await http.get("/api/v1/fault/500")
    recorded = next(line for line in services.written.getvalue().splitlines() if '"call.failed"' in line)
    assert answer.json()["requestID"] in recorded
    assert "ZeroDivisionError" in recorded


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "resource.not_found"),
        ("GET", "/api/v1/", 404, "resource.not_found"),
        ("GET", "/ros/nothing", 404, "resource.not_found"),
        ("POST", "/api/v1/connection", 405, "method.not_allowed"),
        ("DELETE", "/ros/connection", 405, "method.not_allowed"),
        ("GET", "/api/v1/connection", 401, "token.absent"),
        ("GET", "/ros/connection", 401, "token.absent"),
    ],
)
async def test_what_the_framework_refuses_speaks_the_same_way(http, method: str, path: str, status: int, code: str) -> None:
    plain = await http.request(method, path)
    problem = await http.request(method, path, headers={"Accept": "application/problem+json"})
    assert_same_facts(plain, problem, status, code)
    assert ("GET" in plain.headers.get("allow", "")) is (status == 405)
    assert ("www-authenticate" in plain.headers) is (status == 401)


@pytest.mark.parametrize("path", ["api/v1/connection/", "/api/v1/connection", "api/v1//connection"])
async def test_stray_slashes_reach_the_same_endpoint(http, path: str) -> None:
    answer = await http.get(URI + path)
    assert (answer.status_code, answer.json()["errorCode"]) == (401, "token.absent")


async def test_a_body_over_four_mebibytes_is_too_large_whether_or_not_its_length_is_told(http) -> None:
    assert (await http.post("/api/v1/body", content=b"x" * Limits.MAX_BODY_BYTES)).status_code == 201

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 1024 * 1024

    told = b"x" * (Limits.MAX_BODY_BYTES + 1)
    plain = await http.post("/api/v1/body", content=told)
    problem = await http.post("/api/v1/body", content=told, headers={"Accept": "application/problem+json"})
    assert_same_facts(plain, problem, 413, "body.too_large")
    untold = await http.post("/api/v1/body", content=chunks())
    assert (untold.status_code, untold.json()["errorCode"]) == (413, "body.too_large")


async def test_the_callers_own_id_comes_back_and_is_never_taken_for_ours(http) -> None:
    answer = await http.get("/api/v1/connection", headers={"X-Request-ID": "till-7"})
    assert answer.headers["x-client-request-id"] == "till-7"
    assert answer.json()["requestID"] == answer.headers["x-request-id"] != "till-7"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ([], False),
        (["*/*"], False),
        (["application/*"], False),
        (["application/json"], False),
        (["application/problem+json"], True),
        (["Application/Problem+JSON; charset=utf-8"], True),
        (["application/problem+json", "application/json"], True),
        (["application/json, application/problem+json"], True),
        (["application/json;q=0.9, application/problem+json;q=0.5"], False),
        (["application/json;q=0.5, application/problem+json;q=0.9"], True),
        (["application/problem+json;q=0"], False),
        (["application/problem+json;q=x"], False),
        (["application/problem+json;q=nan"], False),
        (["application/problem+jsonx"], False),
        ([",,;;q=,=;,"], False),
    ],
)
def test_problem_json_is_for_those_who_name_it(accept: list[str], expected: bool) -> None:
    assert prefers_problem(accept) is expected
