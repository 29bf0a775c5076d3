"""Signing keys: announced, then used, then kept until their last token has ended; published to whoever asks."""

import asyncio
import hashlib
from typing import Any

import jwt
import pytest
from sqlalchemy import update

from powerepos_cloud.accesstoken import PublicKeys, verify
from powerepos_cloud.directory import services
from powerepos_cloud.directory import tables as t
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.keyring import store as keyring_store
from powerepos_cloud.keyring.tables import keys
from tests.authserver.stage import DAY, HOUR, MERCHANT, MINUTE, Stage
from tests.authserver.worker import ROTATION_DAYS, Worker, working
from tests.support.world import ISSUER, PARTNERSERVICES_URI

EIGHT_HOURS = 8 * HOUR


async def kids(stage: Stage) -> list[str]:
    """The IDs that the AuthServer publishes, newest first."""
    return [key["kid"] for key in (await stage.app.http.get("/authorisation/jwks")).json()["keys"]]


def kid_of(access_token: str) -> str:
    """The key that signed it."""
    kid: str = jwt.get_unverified_header(access_token)["kid"]
    return kid


async def rotate(stage: Stage, *, at_once: bool, alg: str = "ES256") -> str | None:
    """What `powerepos-admin key rotate` does."""
    now = stage.clock.now_ms()

    async def unit(session: Session) -> str | None:
        return await keyring_store.rotate(
            session, stage.world.seal, now, kind="sign", alg=alg, at_once=at_once, keep_ms=EIGHT_HOURS
        )

    return await stage.world.database.write(unit)


async def revoke(stage: Stage, kid: str) -> None:
    """What `powerepos-admin key revoke KID` does."""
    now = stage.clock.now_ms()

    async def unit(session: Session) -> None:
        assert await keyring_store.revoke(session, kid, now) is not None
        await keyring_store.ensure(session, stage.world.seal, now, {"ES256"})

    await stage.world.database.write(unit)


async def verifies(stage: Stage, access_token: str) -> bool:
    """Whether the published keys open this token, expired or not."""
    jwks = (await stage.app.http.get("/authorisation/jwks")).json()
    public = PublicKeys.from_jwks(jwks)
    issued = jwt.decode(access_token, options={"verify_signature": False})["iat"] * 1000
    return kid_of(access_token) in {key["kid"] for key in jwks["keys"]} and bool(
        verify(access_token, public, issuer=ISSUER, audience=PARTNERSERVICES_URI, now_ms=issued)
    )


async def test_the_next_key_is_published_a_day_before_it_signs_and_the_old_one_kept_for_its_tokens(
    stage: Stage, directory_url: str
) -> None:
    """Three weeks of three hours each: every living token finds its key, and keys come and go on schedule."""
    every = 10 * DAY
    published: dict[str, int] = {}
    signed: dict[str, list[int]] = {}
    alive: list[tuple[int, str]] = []
    async with working(directory_url, stage.clock, rotation_ms=every) as worker:
        for _ in range(8 * 21):
            stage.clock.advance_ms(3 * HOUR)
            now = stage.clock.now_ms()
            await worker.housekeeping.tidy()
            for kid in await kids(stage):
                published.setdefault(kid, now)
            kid = worker.server.ring.keys.signer("ES256", now).kid
            signed.setdefault(kid, []).append(now)
            alive = [(end, kid) for end, kid in [*alive, (now + EIGHT_HOURS, kid)] if end > now]
            assert {kid for _, kid in alive} <= set(published) & set(await kids(stage))
    assert len(signed) == 3
    for _, (kid, used) in zip(range(2), list(signed.items())[1:], strict=False):
        assert DAY <= used[0] - published[kid] < DAY + 3 * HOUR
    first, second, _ = (used for used in signed.values())
    assert abs(second[0] - first[0] - every) <= 3 * HOUR
    assert len(await kids(stage)) == 1  # the older ones are forgotten
    assert len(await stage.world.database.reader.all(keys.select().where(keys.c.kind == "sign"))) == 1


async def test_an_old_key_opens_its_last_token_to_the_last_second_and_is_then_forgotten_private_part_and_all(
    stage: Stage, directory_url: str
) -> None:
    old = (await kids(stage))[0]
    new = await rotate(stage, at_once=False)
    assert (await kids(stage)) == [new, old]
    stage.clock.advance_ms(DAY - 1)
    token = (await stage.sign_in())["access_token"]
    assert kid_of(token) == old
    stage.clock.advance_ms(1)
    assert kid_of((await stage.sign_in())["access_token"]) == new
    async with working(directory_url, stage.clock) as worker:
        stage.clock.advance_ms(EIGHT_HOURS + MINUTE)
        await worker.housekeeping.tidy()
        assert await verifies(stage, token)
        stage.clock.advance_ms(HOUR)
        await worker.housekeeping.tidy()
    assert await kids(stage) == [new]
    assert [row.kid for row in await stage.world.database.reader.all(keys.select().where(keys.c.kind == "sign"))] == [new]


async def test_tokens_that_live_longer_keep_their_key_for_longer(stage: Stage, directory_url: str) -> None:
    await rotate(stage, at_once=False)
    change = lambda session: services.change(  # noqa: E731
        session, stage.clock.now_ms(), MERCHANT, "partnerservices", access_seconds=86_400
    )
    await stage.world.database.write(change)
    stage.clock.advance_ms(DAY - 1)
    token = (await stage.sign_in())["access_token"]
    async with working(directory_url, stage.clock) as worker:
        await worker.housekeeping.tidy()
        stage.clock.advance_ms(DAY - MINUTE)
        await worker.housekeeping.tidy()
    assert await verifies(stage, token)


async def test_a_key_taken_into_use_at_once_signs_at_once_and_its_tokens_are_accepted(stage: Stage) -> None:
    old = (await stage.sign_in())["access_token"]
    assert await stage.call(old) == 200
    new = await rotate(stage, at_once=True)
    assert (await kids(stage))[0] == new
    token = (await stage.sign_in())["access_token"]
    assert kid_of(token) == new
    assert await stage.call(token) == 200
    assert await stage.call(old) == 200
    assert (await stage.introspect(token))["active"]


async def test_rotating_at_once_takes_the_waiting_key(stage: Stage) -> None:
    waiting = await rotate(stage, at_once=False)
    assert await rotate(stage, at_once=False) is None
    assert await rotate(stage, at_once=True) == waiting
    assert len(await kids(stage)) == 2
    assert kid_of((await stage.sign_in())["access_token"]) == waiting


async def test_a_worker_knows_a_key_that_another_one_made_a_moment_ago(stage: Stage, directory_url: str) -> None:
    async with working(directory_url, stage.clock) as other:
        await rotate(stage, at_once=True)
        await kids(stage)
        token = (await stage.sign_in())["access_token"]
        assert kid_of(token) not in {key["kid"] for key in other.server.ring.keys.jwks(stage.clock.now_ms())["keys"]}
        found = await other.server.ring.verified(
            lambda keys: verify(token, keys, issuer=ISSUER, audience=PARTNERSERVICES_URI, now_ms=stage.clock.now_ms())
        )
        assert found.org_id == "HARBOUR-1"
        await rotate(stage, at_once=True)
        assert (await other.server.ring.published())["keys"][0]["kid"] == (await kids(stage))[0]


async def test_a_revoked_key_opens_nothing_and_another_takes_its_place(stage: Stage) -> None:
    token = (await stage.sign_in())["access_token"]
    revoked = kid_of(token)
    await revoke(stage, revoked)
    assert revoked not in await kids(stage)
    assert await stage.introspect(token) == {"active": False}
    fresh = (await stage.sign_in())["access_token"]
    assert kid_of(fresh) != revoked
    assert await stage.call(fresh) == 200


async def test_the_waiting_key_signs_at_once_when_the_present_one_is_revoked(stage: Stage) -> None:
    waiting = await rotate(stage, at_once=False)
    await revoke(stage, (await kids(stage))[1])
    assert await kids(stage) == [waiting]
    assert kid_of((await stage.sign_in())["access_token"]) == waiting


async def test_a_key_whose_successor_was_revoked_goes_on_until_there_is_another(stage: Stage, directory_url: str) -> None:
    """The end of the old key's time was set by the revoked one; it must move, or tokens would be left without a key."""
    async with working(directory_url, stage.clock) as worker:
        stage.clock.advance_ms((ROTATION_DAYS - 1) * DAY)
        await worker.housekeeping.tidy()
        waiting, old = await kids(stage)
        stage.clock.advance_ms(23 * HOUR)
        await revoke(stage, waiting)
        alive: list[tuple[int, str]] = []
        for _ in range(60):
            await worker.housekeeping.tidy()
            now = stage.clock.now_ms()
            kid = worker.server.ring.keys.signer("ES256", now).kid
            alive = [(end, kid) for end, kid in [*alive, (now + EIGHT_HOURS, kid)] if end > now]
            assert {kid for _, kid in alive} <= set(await kids(stage))
            stage.clock.advance_ms(HOUR)
        assert old not in await kids(stage)


async def test_a_successor_revoked_in_use_does_not_bring_its_predecessor_back(stage: Stage) -> None:
    old = (await kids(stage))[0]
    await rotate(stage, at_once=True)
    stage.clock.advance_ms(HOUR)
    await revoke(stage, (await kids(stage))[0])
    newest, *others = await kids(stage)
    assert others == [old]
    assert kid_of((await stage.sign_in())["access_token"]) == newest != old


async def test_two_workers_that_rotate_at_once_make_one_key(stage: Stage, directory_url: str) -> None:
    async with working(directory_url, stage.clock) as one, working(directory_url, stage.clock) as other:
        for _ in range(3):
            before = len(await _signing_rows(stage))
            stage.clock.advance_ms((ROTATION_DAYS - 1) * DAY)
            await asyncio.gather(*(worker.housekeeping.tidy() for worker in (one, other) * 3))
            assert len(await _signing_rows(stage)) == before + 1
            stage.clock.advance_ms(2 * DAY)
            await asyncio.gather(*(worker.housekeeping.tidy() for worker in (one, other)))
            assert len(await _signing_rows(stage)) == before
            assert _signer(one, stage) == _signer(other, stage)
    assert len(await stage.audited("key.published")) == 3


async def test_workers_that_start_at_once_on_an_empty_table_make_one_key_of_each_kind(stage: Stage, directory_url: str) -> None:
    await stage.world.run(keys.delete())
    async with working(directory_url, stage.clock) as one, working(directory_url, stage.clock) as other:
        assert _signer(one, stage) == _signer(other, stage)
    rows = await stage.world.database.reader.all(keys.select())
    assert sorted(row.kind for row in rows) == ["hash", "refresh", "sign"]


async def test_a_service_that_is_set_to_rs256_gets_a_key_and_its_tokens_are_accepted(stage: Stage, directory_url: str) -> None:
    await stage.world.run(update(t.services).where(t.services.c.name == "partnerservices").values(alg="RS256"))
    answer = await stage.app.token(stage.world.client.form("password", **stage.world.account.login()))
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")  # until the key is made
    assert answer.headers["retry-after"]
    async with working(directory_url, stage.clock):
        pass
    await kids(stage)
    token = (await stage.sign_in())["access_token"]
    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    assert await stage.call(token) == 200
    published = (await stage.app.http.get("/authorisation/jwks")).json()["keys"]
    assert sorted(key["alg"] for key in published) == ["ES256", "RS256"]


async def test_the_key_set_is_public_cacheable_and_holds_no_private_part(stage: Stage) -> None:
    answer = await stage.app.http.get("/authorisation/jwks")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    for key in answer.json()["keys"]:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
        thumbprint = f'{{"crv":"P-256","kty":"EC","x":"{key["x"]}","y":"{key["y"]}"}}'  # RFC 7638 section 3
        assert jwt.utils.base64url_encode(hashlib.sha256(thumbprint.encode()).digest()).decode() == key["kid"]


@pytest.mark.parametrize("form", ["{etag}", "W/{etag}", '"other", {etag}', "*"])
async def test_an_unchanged_key_set_is_not_sent_again(stage: Stage, form: str) -> None:
    first = await stage.app.http.get("/authorisation/jwks")
    etag = first.headers["etag"]
    again = await stage.app.http.get("/authorisation/jwks", headers={"if-none-match": form.format(etag=etag)})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert again.headers["cache-control"] == "public, max-age=300"
    await rotate(stage, at_once=False)
    changed = await stage.app.http.get("/authorisation/jwks", headers={"if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


async def _signing_rows(stage: Stage) -> list[Any]:
    return list(await stage.world.database.reader.all(keys.select().where(keys.c.kind == "sign")))


def _signer(worker: Worker, stage: Stage) -> str:
    return worker.server.ring.keys.signer("ES256", stage.clock.now_ms()).kid


def test_no_key_has_an_id_that_a_command_takes_for_an_option() -> None:
    drawn = {keyring_store.generate_key("ES256")[0] for _ in range(1000)}  # of them 16 would begin with a hyphen
    assert len(drawn) == 1000
    assert not [kid for kid in drawn if kid.startswith("-")]
