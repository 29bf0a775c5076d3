"""Reading a body: a large one is read aside, so that other calls go on."""

import threading
from typing import Any, cast

import anyio
import pytest

from powerepos_cloud.partnerservices.endpoints import Endpoints
from powerepos_cloud.partnerservices.wire import JsonFault
from powerepos_cloud.resourceserver.refusals import Refusal

LARGE, SMALL = b"x" * 1024 * 1024, b"x"
NOTHING = cast("Any", None)


@pytest.fixture
def api() -> Endpoints:
    """What reads bodies; reading them needs nothing else."""
    return Endpoints(NOTHING, NOTHING, NOTHING, NOTHING, "")


async def test_other_calls_go_on_while_a_large_body_is_read(api: Endpoints) -> None:
    has_gone_on = threading.Event()
    found = []

    async def read_large() -> None:
        found.append(await api.read(lambda _: has_gone_on.wait(20), LARGE))

    async with anyio.create_task_group() as group:
        group.start_soon(read_large)
        await anyio.sleep(0.01)
        assert await api.read(len, SMALL) == 1
        has_gone_on.set()
    assert found == [True]


async def test_large_bodies_are_read_one_after_the_other(api: Endpoints) -> None:
    at_once: list[int] = []
    reading = threading.Semaphore(1)

    def reader(_: bytes) -> None:
        at_once.append(int(not reading.acquire(blocking=False)))
        threading.Event().wait(0.01)
        reading.release()

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(api.read, reader, LARGE)
    assert at_once == [0] * 5


@pytest.mark.parametrize("raw", [SMALL, LARGE], ids=["small", "large"])
async def test_what_cannot_be_read_is_refused(api: Endpoints, raw: bytes) -> None:
    def reader(_: bytes) -> None:
        raise JsonFault("json.syntax", "There is no JSON.", 1, 1)

    with pytest.raises(Refusal, match="There is no JSON"):
        await api.read(reader, raw)
