"""GET /authorisation/revocations: numbered without gaps, paged, waited for, pruned; for service instances alone."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from powerepos_cloud.directory import accounts, connections, revocations
from powerepos_cloud.directory import tables as t
from powerepos_cloud.directory.revocations import Entry
from powerepos_cloud.foundation.database import Session, open_database
from powerepos_cloud.foundation.secrets import SecretKind, generate
from tests.authserver.stage import DAY, HOUR, Stage
from tests.authserver.worker import working


async def read(stage: Stage, **query: Any) -> httpx.Response:
    """Ask as the Partner Services instance."""
    instance_id, credential, _ = stage.world.instances["partnerservices"]
    return await stage.app.http.get("/authorisation/revocations", params=query, auth=(instance_id, credential))


async def publish(stage: Stage, *entries: Entry) -> list[int]:
    """Write entries as a deed does, by another connection than the server's."""
    now = stage.clock.now_ms()
    return await stage.world.database.write(lambda session: revocations.publish(session, now, list(entries)))


def grants(*names: str) -> list[Entry]:
    """Entries about grants of these names."""
    return [revocations.refused_grant(name, "c") for name in names]


async def test_an_empty_feed_says_so(stage: Stage) -> None:
    answer = await read(stage)
    assert answer.status_code == 200
    assert answer.json() == {"next": 0, "more": False, "entries": []}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


async def test_entries_name_what_they_are_about(stage: Stage) -> None:
    org, client, account = stage.world.harbour.code, stage.world.client.id, stage.world.account.id
    await publish(
        stage, revocations.refused_grant("g1", client), revocations.connection("narrowed", client, account, org),
        revocations.account("refused", account, org), revocations.client("lifted", client),
        revocations.organisation("refused", org), revocations.moved(org, "https://other.example/"),
    )  # fmt: skip
    page = (await read(stage)).json()
    assert (page["next"], page["more"]) == (6, False)
    assert page["entries"] == [
        {"n": 1, "kind": "grant", "id": "g1", "client_id": client, "state": "refused"},
        {"n": 2, "kind": "connection", "client_id": client, "sub": account, "org_id": org, "state": "narrowed"},
        {"n": 3, "kind": "account", "id": account, "org_id": org, "state": "refused"},
        {"n": 4, "kind": "client", "id": client, "state": "lifted"},
        {"n": 5, "kind": "organisation", "id": org, "state": "refused"},
        {"n": 6, "kind": "organisation", "id": org, "state": "moved", "svc": "https://other.example/"},
    ]


async def test_only_a_service_instance_reads_it(stage: Stage) -> None:
    world = stage.world
    instance_id, credential, _ = world.instances["partnerservices"]
    other_id, other_credential, _ = world.instances["ros"]
    url = "/authorisation/revocations"
    wrong: list[Any] = [
        None, (instance_id, other_credential), (other_id, credential), ("", credential), (instance_id, ""),
        (instance_id, generate(SecretKind.INSTANCE_CREDENTIAL)), (world.client.id, world.client.secret),
        (instance_id, credential[:-1] + "x"), (instance_id, credential.upper()),
    ]  # fmt: skip
    for auth in wrong:
        answer = await stage.app.http.get(url, auth=auth)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), auth
        assert answer.headers["www-authenticate"].startswith("Basic")
    token = (await stage.sign_in())["access_token"]
    assert (await stage.app.http.get(url, headers={"authorization": f"Bearer {token}"})).status_code == 401
    assert (await read(stage)).status_code == 200
    await world.run(t.instance_credentials.update().where(t.instance_credentials.c.instance_id == instance_id).values(ended_at=1))
    assert (await read(stage)).status_code == 401


async def test_two_credentials_live_side_by_side(stage: Stage) -> None:
    instance_id, _, _ = stage.world.instances["partnerservices"]
    second = generate(SecretKind.INSTANCE_CREDENTIAL)
    hash_key, hashed = stage.world.ring.keys.hash(SecretKind.INSTANCE_CREDENTIAL, second)
    await stage.world.run(
        t.instance_credentials.insert().values(
            instance_id=instance_id, hash=hashed, hash_key=hash_key, hint=second[-4:], created_at=1
        )
    )
    answer = await stage.app.http.get("/authorisation/revocations", auth=(instance_id, second))
    assert answer.status_code == (await read(stage)).status_code == 200


@pytest.mark.parametrize(
    "query",
    ["after=-1", "after=1.0", "after=x", "after=", "after=1&after=1", "after=99999999999999999999", "after=9223372036854775808",
     "after=+1", "after=%EF%BC%91", "after=1e3", "wait=26", "wait=-1", "wait=2.5", "wait=nan", "limit=0", "limit=1001", "limit=",
     "limit=-1", "limit=1&limit=2", "after=%00"],
)  # fmt: skip
async def test_a_query_that_makes_no_sense_is_told_which_part(stage: Stage, query: str) -> None:
    instance_id, credential, _ = stage.world.instances["partnerservices"]
    answer = await stage.app.http.get(f"/authorisation/revocations?{query}", auth=(instance_id, credential))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert query.partition("=")[0] in answer.json()["error_description"]


async def test_pages_follow_each_other_without_gap_or_repeat(stage: Stage) -> None:
    for start in range(0, 2500, 500):
        await publish(stage, *grants(*(f"g{n}" for n in range(start, start + 500))))
    after, seen, pages = 0, [], 0
    while True:
        page = (await read(stage, after=after)).json()
        seen += [entry["n"] for entry in page["entries"]]
        after, pages = page["next"], pages + 1
        if not page["more"]:
            break
    assert seen == list(range(1, 2501))
    assert pages == 3
    assert after == 2500
    page = (await read(stage, after=10, limit=7)).json()
    assert [entry["n"] for entry in page["entries"]] == list(range(11, 18))
    assert (page["next"], page["more"]) == (17, True)
    exactly = (await read(stage, after=1500)).json()
    assert (len(exactly["entries"]), exactly["next"], exactly["more"]) == (1000, 2500, False)


async def test_a_service_reads_more_than_one_page_before_it_answers(stage: Stage, directory_url: str) -> None:
    grant = await stage.sign_in()
    await publish(stage, *grants(*(f"g{n}" for n in range(1500))))
    await stage.revoke(grant["access_token"])
    await stage.comes_to(grant["access_token"], 401)


async def test_what_another_process_writes_is_seen_within_half_a_second_by_one_who_waits(
    stage: Stage, directory_url: str
) -> None:
    elsewhere = open_database("directory", directory_url)
    now = stage.clock.now_ms()
    took: list[float] = []
    for name in ("first", "second", "third"):
        after = (await read(stage)).json()["next"]
        waiting = asyncio.create_task(read(stage, after=after, wait=25))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await elsewhere.write(lambda session, name=name: revocations.publish(session, now, grants(name)))  # type: ignore[misc]
        written_at = time.monotonic()
        page = (await waiting).json()
        took.append(time.monotonic() - written_at)
        assert [entry["id"] for entry in page["entries"]] == [name]
    assert min(took) < 0.5, took  # the best of three: on a busy machine one may be late
    await elsewhere.close()


async def test_waiting_ends_when_its_time_is_over(stage: Stage) -> None:
    await publish(stage, *grants("g1"))
    begun = time.monotonic()
    page = (await read(stage, after=1, wait=1)).json()
    assert page == {"next": 1, "more": False, "entries": []}
    assert 0.9 < time.monotonic() - begun < 15  # and not the 25 s that are the most


async def test_there_is_no_waiting_where_there_is_something_to_read(stage: Stage) -> None:
    await publish(stage, *grants("g1"))
    begun = time.monotonic()
    assert (await read(stage, after=0, wait=25)).json()["next"] == 1
    assert time.monotonic() - begun < 15


async def test_a_number_above_the_newest_is_gone(stage: Stage) -> None:
    await publish(stage, *grants("g1", "g2"))
    assert (await read(stage, after=2)).status_code == 200
    for after in (3, 2**63 - 1):
        answer = await read(stage, after=after, wait=25)
        assert (answer.status_code, answer.json()["error"]) == (410, "invalid_request")
        assert "from 0" in answer.json()["error_description"]


async def test_entries_are_kept_for_the_longest_lifetime_and_an_hour(stage: Stage, directory_url: str) -> None:
    await publish(stage, *grants("old"))
    stage.clock.advance_ms(HOUR)
    await publish(stage, *grants("new"))
    async with working(directory_url, stage.clock) as worker:
        stage.clock.advance_ms(8 * HOUR - 1)
        await worker.housekeeping.tidy()
        assert [entry["id"] for entry in (await read(stage)).json()["entries"]] == ["old", "new"]
        stage.clock.advance_ms(1)
        await worker.housekeeping.tidy()
        assert [entry["id"] for entry in (await read(stage)).json()["entries"]] == ["new"]
        stage.clock.advance_ms(DAY)
        await worker.housekeeping.tidy()
    assert (await read(stage)).json() == {"next": 2, "more": False, "entries": []}


async def test_who_has_missed_what_was_pruned_is_told_to_begin_again(stage: Stage, directory_url: str) -> None:
    await publish(stage, *grants("g1", "g2", "g3"))
    stage.clock.advance_ms(9 * HOUR)
    await publish(stage, *grants("g4"))
    async with working(directory_url, stage.clock) as worker:
        await worker.housekeeping.tidy()
    assert {after: (await read(stage, after=after)).status_code for after in range(6)} == {
        0: 200, 1: 410, 2: 410, 3: 200, 4: 200, 5: 410
    }  # fmt: skip
    assert [entry["id"] for entry in (await read(stage, after=0)).json()["entries"]] == ["g4"]


async def test_a_number_is_never_given_twice(stage: Stage, directory_url: str) -> None:
    await publish(stage, *grants("g1", "g2"))
    stage.clock.advance_ms(DAY)
    async with working(directory_url, stage.clock) as worker:
        await worker.housekeeping.tidy()
    assert await publish(stage, *grants("g3")) == [3]
    assert (await read(stage, after=2)).json()["next"] == 3


async def test_deeds_at_once_get_numbers_in_the_order_of_their_commits(stage: Stage, directory_url: str) -> None:
    """A reader that has seen n has seen everything below n, whoever was writing at the time."""
    elsewhere = open_database("directory", directory_url)
    now = stage.clock.now_ms()

    async def write(database: Any, name: str) -> None:
        for number in range(25):
            entries = grants(f"{name}-{number}")
            await database.write(lambda session, entries=entries: revocations.publish(session, now, entries))

    async def follow() -> list[int]:
        seen: list[int] = []
        while len(seen) < 100:
            page = (await read(stage, after=seen[-1] if seen else 0, wait=5)).json()
            seen += [entry["n"] for entry in page["entries"]]
        return seen

    following = asyncio.create_task(follow())
    await asyncio.gather(*(write(database, f"{n}") for n, database in enumerate((stage.world.database, elsewhere) * 2)))
    assert await asyncio.wait_for(following, 60) == list(range(1, 101))
    await elsewhere.close()


async def test_a_deed_that_fails_takes_no_number(stage: Stage) -> None:
    async def fails(session: Any) -> None:
        await revocations.publish(session, 0, grants("never"))
        raise RuntimeError("changed its mind")

    with pytest.raises(RuntimeError):
        await stage.world.database.write(fails)
    assert await publish(stage, *grants("g1")) == [1]


async def test_a_deed_of_the_merchant_reaches_the_feed(stage: Stage) -> None:
    await stage.sign_in()
    await stage.connection_deed(connections.pause)
    await stage.connection_deed(connections.resume)
    await stage.connection_deed(connections.revoke)
    await stage.connection_deed(connections.reopen)
    entries = (await read(stage)).json()["entries"]
    assert [entry["state"] for entry in entries] == ["refused", "lifted", "refused", "narrowed", "lifted"]
    assert {(entry["client_id"], entry["sub"], entry["org_id"]) for entry in entries} == {
        (stage.world.client.id, stage.world.account.id, "HARBOUR-1")
    }


async def test_after_a_restore_a_revocation_reaches_tokens_of_the_lost_time_and_everybody_reads_anew(stage: Stage) -> None:
    database, world = stage.world.database, stage.world
    await publish(stage, *grants("backed up"))
    await publish(stage, *grants("lost-1", "lost-2"))
    of_the_lost_time = await stage.sign_in()
    assert await stage.call(of_the_lost_time["access_token"]) == 200

    async def put_back(session: Session) -> None:
        await session.run(t.revocations.delete().where(t.revocations.c.n > 1))
        await session.run(t.counters.update().where(t.counters.c.name == "revocations").values(value=1))

    await database.write(put_back)
    assert await database.write(revocations.restored) == (1, 1 + revocations.RESTORE_JUMP)
    assert (await read(stage, after=3)).status_code == 410
    page = (await read(stage)).json()
    assert ([entry["id"] for entry in page["entries"]], page["next"]) == (["backed up"], 1 + revocations.RESTORE_JUMP)
    assert (await read(stage, after=page["next"])).status_code == 200
    await stage.deed(accounts.revoke_everything, world.account.id)
    await stage.comes_to(of_the_lost_time["access_token"], 401)
    await stage.comes_to((await stage.sign_in())["access_token"], 200)
