"""No answer and no time tells an unknown organisation or account from a wrong password (contract section 3)."""

import itertools
import random
import statistics
import time
from collections.abc import Callable

import pytest

from powerepos_cloud.foundation.ids import new_account_id
from powerepos_cloud.foundation.secrets import SecretKind, generate
from tests.support.application import Running
from tests.support.world import World

ROUNDS = 150
MOST_ROUNDS = 900  # a noisy machine is measured for longer: what differs truly goes on differing
LEAST, MOST = 0.8, 1.25


def malformed() -> str:
    """A password whose checksum is wrong."""
    right = generate(SecretKind.SERVICE_PASSWORD)
    return right[:-1] + ("0" if right[-1] != "0" else "1")


def medians_of(took: dict[str, list[float]]) -> dict[str, float]:
    """What is compared."""
    return {name: statistics.median(times) for name, times in took.items()}


def are_alike(took: dict[str, list[float]]) -> bool:
    """Whether every median is near that of a wrong password."""
    medians = medians_of(took)
    return all(LEAST < median / medians["wrong password"] < MOST for median in medians.values())


@pytest.mark.parametrize("password", [lambda: generate(SecretKind.SERVICE_PASSWORD), malformed], ids=["well-formed", "malformed"])
async def test_what_is_wrong_shows_neither_in_the_answer_nor_in_its_time(
    app: Running, world: World, password: Callable[[], str]
) -> None:
    known, other = world.account, world.lakeside_account
    tries: dict[str, Callable[[], dict[str, str | None]]] = {
        "wrong password": lambda: known.login(password=password()),
        "unknown account": lambda: known.login(username=new_account_id(), password=password()),
        "unknown organisation": lambda: known.login(org_id="NOBODY-1", password=password()),
        "account of another organisation": lambda: known.login(username=other.id, password=password()),
    }
    sources = (f"198.18.{n // 250}.{n % 250 + 1}" for n in itertools.count())  # each new: no limit on failures is reached
    took: dict[str, list[float]] = {name: [] for name in tries}
    answers = set()
    for measured in range(1, MOST_ROUNDS + 1):
        for name in random.sample(list(tries), len(tries)):
            form = world.client.form("password", **tries[name]())
            async with app.called_from(next(sources)) as http:
                started = time.perf_counter()
                answer = await http.post("/authorisation/token", data=form)
                took[name].append(time.perf_counter() - started)
            answers.add((answer.status_code, answer.text))
        if measured % ROUNDS == 0 and are_alike(took):
            break
    assert len(answers) == 1
    assert '"invalid_grant"' in answers.pop()[1]
    assert are_alike(took), medians_of(took)
