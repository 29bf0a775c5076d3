"""A refusal's time tells nothing: whatever is wrong, it takes as long (contract section 3, "same text, same time for all").

Only ratios are looked at, of samples taken in turn, each from another address so that no limit changes the work. Where the
machine has other work the medians wander; what a refusal itself costs then shows in the fastest tenth.
"""

import gc
import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

import pytest
from sqlalchemy import delete

from powerepos_cloud.directory import tables as t
from powerepos_cloud.foundation.secrets import SecretKind, generate
from tests.support.application import Running
from tests.support.fuzz import call
from tests.support.world import World

LEAST, MOST = 0.75, 1.33
ROUNDS, BATCHES = 150, 6

Form = Callable[[], dict[str, str]]


@pytest.fixture
def quiet() -> Iterator[None]:
    """No garbage collection in the middle of a sample."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Samples:
    """How long each case took, in ns. The case named by `lingers` is made to take twice as long as it does."""

    def __init__(self, app: Running, cases: Mapping[str, Form], status: int, *, lingers: str = "") -> None:
        self._app = app
        self._cases = cases
        self._status = status
        self._lingers = lingers
        self._taken: dict[str, list[int]] = {name: [] for name in cases}
        self._numbers = itertools.count()

    async def take(self) -> None:
        """Take a batch of samples, the cases in turn and in any order."""
        headers = [(b"content-type", b"application/x-www-form-urlencoded")]
        for _ in range(ROUNDS):
            for name, form in random.sample(list(self._cases.items()), len(self._cases)):
                number = next(self._numbers)
                source = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"
                body = urlencode(form()).encode()
                started = time.perf_counter_ns()
                answer = await call(self._app.app, "POST", "/authorisation/token", headers=headers, body=body, source=source)
                took = time.perf_counter_ns() - started
                self._taken[name].append(2 * took if name == self._lingers else took)
                assert answer.status_code == self._status, (name, answer.text)

    @property
    def medians(self) -> dict[str, float]:
        """Each case's median by that of the first."""
        return ratios({name: statistics.median(taken) for name, taken in self._taken.items()})

    @property
    def fastest(self) -> dict[str, float]:
        """Each case's fastest tenth by that of the first."""
        return ratios({name: statistics.quantiles(taken, n=10)[0] for name, taken in self._taken.items()})


async def assert_alike(app: Running, cases: Mapping[str, Form], status: int) -> None:
    """Sample all cases, some batches if need be, until none is further from another than the bounds; else fail."""
    samples = Samples(app, cases, status)
    for _ in range(BATCHES):
        await samples.take()
        if are_alike(samples.medians) or are_alike(samples.fastest):
            return
    raise AssertionError(f"medians {samples.medians}, fastest tenth {samples.fastest}")


def ratios(figures: dict[str, float]) -> dict[str, float]:
    """Each figure by that of the first case."""
    first = next(iter(figures.values()))
    return {name: round(figure / first, 3) for name, figure in figures.items()}


def are_alike(found: dict[str, float]) -> bool:
    """Whether all are near the first."""
    return all(LEAST <= ratio <= MOST for ratio in found.values())


async def test_work_that_only_one_case_does_would_be_noticed(app: Running, world: World, quiet: None) -> None:
    def form() -> dict[str, str]:
        return world.client.form("password", **(world.account.login() | {"password": "malformed"}))

    samples = Samples(app, {"quick": form, "slow": form}, 400, lingers="slow")
    await samples.take()
    await samples.take()
    assert not are_alike(samples.fastest)


async def test_no_refusal_of_a_password_grant_takes_longer_than_another(app: Running, world: World, quiet: None) -> None:
    def form(**others: str) -> dict[str, str]:
        return world.client.form("password", **(world.account.login() | others))

    def wrong() -> str:
        return generate(SecretKind.SERVICE_PASSWORD)

    unbound = world.other_client.form("password", **world.account.login())
    cases: dict[str, Form] = {
        "wrong password": lambda: form(password=wrong()),
        "unknown account": lambda: form(password=wrong(), username="svc-aaaaaaaaaaaaaaaaaaaa"),
        "unknown organisation": lambda: form(password=wrong(), org_id="NOWHERE-1"),
        "account of another organisation": lambda: form(password=wrong(), username=world.lakeside_account.id),
        "right password, unknown organisation": lambda: form(org_id="NOWHERE-1"),
        "right password, another organisation": lambda: form(org_id="LAKESIDE"),
        "right password, another account": lambda: form(username=world.lakeside_account.id),
        "right password, another client": lambda: unbound,
    }
    await assert_alike(app, cases, 400)


async def test_no_refusal_of_a_malformed_password_takes_longer_than_another(app: Running, world: World, quiet: None) -> None:
    def form(**others: str) -> dict[str, str]:
        return world.client.form("password", **(world.account.login() | others))

    broken = world.account.password[:-8] + "00000000"
    await assert_alike(
        app,
        {
            "known account": lambda: form(password=broken),
            "unknown account": lambda: form(password=broken, username="svc-aaaaaaaaaaaaaaaaaaaa"),
            "account of another organisation": lambda: form(password=broken, username=world.lakeside_account.id),
            "unknown organisation": lambda: form(password=broken, org_id="NOWHERE-1"),
        },
        400,
    )


async def test_no_refusal_of_a_clients_secret_takes_longer_than_another(app: Running, world: World, quiet: None) -> None:
    def form(client_id: str, secret: str) -> dict[str, str]:
        return world.client.form("password", **world.account.login()) | {"client_id": client_id, "client_secret": secret}

    await assert_alike(
        app,
        {
            "wrong secret": lambda: form(world.client.id, generate(SecretKind.CLIENT_SECRET)),
            "unknown client": lambda: form("a" * 24, generate(SecretKind.CLIENT_SECRET)),
            "another client's secret": lambda: form(world.client.id, world.other_client.secret),
        },
        401,
    )


async def test_no_refusal_without_an_approval_takes_longer_than_another(app: Running, world: World, quiet: None) -> None:
    def form(org_id: str) -> dict[str, str]:
        return world.client.form("client_credentials", org_id=org_id, scope="ros")

    await world.run(delete(t.connections).where(t.connections.c.organisation_id == world.harbour.id))
    await assert_alike(
        app,
        {
            "unknown organisation": lambda: form("NOWHERE-1"),
            "organisation without an approval": lambda: form("LAKESIDE"),
            "organisation whose approval is gone": lambda: form("HARBOUR-1"),
        },
        400,
    )
