"""Key, database and a token are needed together: no stored value opens anything, and no rotation of keys loses a token."""

import hashlib
import hmac

import pytest

from powerepos_cloud.authserver.tables import families, superseded
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.secrets import SecretKind, from_bytes, keyed_hash
from powerepos_cloud.keyring import store as keyring_store
from tests.authserver.stage import DAY, HOUR, MINUTE, Stage
from tests.authserver.worker import working


async def rotate_key(stage: Stage, kind: str) -> str:
    """What `powerepos-admin key rotate --kind …` does; the new key's ID."""
    now = stage.clock.now_ms()

    async def unit(session: Session) -> str | None:
        return await keyring_store.rotate(session, stage.world.seal, now, kind=kind, alg="HS256", at_once=False, keep_ms=DAY)

    kid = await stage.world.database.write(unit)
    assert kid is not None
    return kid


async def until_read(stage: Stage) -> None:
    """Let the running server read the keys again, as it does every few seconds."""
    assert (await stage.app.http.get("/authorisation/jwks")).status_code == 200


async def test_no_stored_value_is_a_token_or_becomes_one(stage: Stage) -> None:
    given = [(await stage.sign_in())["refresh_token"]]
    for _ in range(3):
        given.append(await stage.successor(given[-1]))
    stored: list[object] = []
    for table in (families, superseded):
        for row in await stage.world.database.reader.all(table.select()):
            stored += list(row)
    texts = {str(value) for value in stored}
    blobs = [bytes(value) for value in stored if isinstance(value, bytes | memoryview)]
    digests = {digest.digest() for token in given for digest in (hashlib.sha256(token.encode()), hashlib.sha1(token.encode()))}
    assert len(blobs) >= 6
    for blob in blobs:
        shown = {blob.hex(), *(from_bytes(kind, blob) for kind in SecretKind if len(blob) >= 20)}
        if len(blob) >= 20:
            # As if the hash, or a hash of it, were the material of a token.
            shown |= {from_bytes(SecretKind.REFRESH_TOKEN, hashlib.sha256(blob).digest())}
            shown |= {from_bytes(SecretKind.REFRESH_TOKEN, hmac.digest(blob, token.encode(), "sha256")) for token in given}
        assert not shown & set(given)
        assert blob not in digests
        for token in shown - {blob.hex()}:
            if token.startswith("pepos_rt_"):
                await stage.refused(token)
    assert not texts & set(given)
    await stage.successor(given[-1])


async def test_the_successor_hangs_on_a_key_that_is_not_the_one_that_hashes(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    row, keys = await stage.family(), stage.world.ring.keys
    kid, hash_key = keys.newest_hash
    assert row.refresh_key != kid
    material = keys.derive_successor(row.refresh_key, bytes(row.salt), first)
    assert from_bytes(SecretKind.REFRESH_TOKEN, material) == second
    assert keyed_hash(hash_key, SecretKind.REFRESH_TOKEN, second) == bytes(row.current_hash)
    guessed = hmac.digest(hash_key, b"\0".join((b"successor", bytes(row.salt), first.encode())), "sha256")
    assert from_bytes(SecretKind.REFRESH_TOKEN, guessed) != second
    assert len(bytes(row.salt)) == 16


async def test_each_rotation_has_a_salt_of_its_own(stage: Stage) -> None:
    token, salts = (await stage.sign_in())["refresh_token"], set()
    for _ in range(5):
        token = await stage.successor(token)
        salts.add(bytes((await stage.family()).salt))
    assert len(salts) == 5


@pytest.mark.parametrize("kind", ["hash", "refresh"])
async def test_a_key_rotated_between_use_and_repeat_changes_nothing(stage: Stage, kind: str) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    kid = await rotate_key(stage, kind)
    stage.clock.advance_ms(HOUR)
    await until_read(stage)
    assert await stage.successor(first) == second
    third = await stage.successor(second)
    row = await stage.family()
    assert (row.hash_key if kind == "hash" else row.refresh_key) == kid
    assert await stage.successor(second) == third
    await stage.successor(await stage.successor(third))


async def test_secrets_hashed_with_an_older_key_work_until_it_is_revoked(stage: Stage) -> None:
    token = (await stage.sign_in())["refresh_token"]
    await rotate_key(stage, "hash")
    stage.clock.advance_ms(365 * DAY)
    await until_read(stage)
    assert "expired" in await stage.refused(token)  # known still, and its client's secret works
    fresh = await stage.sign_in()
    instance = await stage.introspect(fresh["access_token"])
    assert instance["active"]
    await stage.successor(fresh["refresh_token"])


async def test_a_worker_that_has_not_read_a_new_key_yet_takes_no_token_for_unknown(stage: Stage, directory_url: str) -> None:
    """The worker that made it hashes with a new key only once every other one has read it."""
    async with working(directory_url, stage.clock) as other:
        for kind in ("hash", "refresh"):
            await rotate_key(stage, kind)
            await other.server.ring.load()
            hashed_with = other.server.ring.keys.hash(SecretKind.REFRESH_TOKEN, "pepos")[0]
            assert hashed_with in {kid for kid, _ in stage.world.ring.keys._hashing}
        first = (await stage.sign_in())["refresh_token"]
        second = await stage.successor(first)
        row = await stage.family()
        derived = await other.server.ring.derive_successor(row.refresh_key, bytes(row.salt), first)
        assert from_bytes(SecretKind.REFRESH_TOKEN, derived) == second
        stage.clock.advance_ms(keyring_store.HASH_AHEAD_MS - 1)
        await other.server.ring.load()
        assert other.server.ring.keys.newest_hash == stage.world.ring.keys.newest_hash
        stage.clock.advance_ms(1)
        await other.server.ring.load()
        assert other.server.ring.keys.newest_hash != stage.world.ring.keys.newest_hash


async def test_a_successor_made_by_another_worker_with_a_newer_refresh_key_can_be_repeated_here(
    stage: Stage, directory_url: str
) -> None:
    first = (await stage.sign_in())["refresh_token"]
    kid = await rotate_key(stage, "refresh")
    async with working(directory_url, stage.clock) as other:
        assert other.server.ring.keys.newest_refresh == kid
        assert kid not in stage.world.ring.keys.refresh
        await stage.successor(first)
        row = await stage.family()
        derived = await stage.world.ring.derive_successor(row.refresh_key, bytes(row.salt), first)
        assert from_bytes(SecretKind.REFRESH_TOKEN, derived) == await stage.successor(first)


async def test_a_retired_refresh_key_outlives_the_window_of_its_last_use(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    await rotate_key(stage, "refresh")
    second = await stage.successor(first)  # this worker may still use the older key
    stage.clock.advance_ms(DAY - MINUTE)
    await until_read(stage)
    assert await stage.successor(first) == second


async def test_a_longer_window_keeps_a_retired_refresh_key_for_longer(stage: Stage, directory_url: str) -> None:
    kid = stage.world.ring.keys.newest_refresh
    await rotate_key(stage, "refresh")
    async with working(directory_url, stage.clock, repeat_window_ms=7 * DAY) as worker:
        for _ in range(7):
            stage.clock.advance_ms(DAY)
            await worker.housekeeping.tidy()
            assert kid in worker.server.ring.keys.refresh
        stage.clock.advance_ms(HOUR)
        await worker.housekeeping.tidy()
        assert kid not in worker.server.ring.keys.refresh


async def test_a_revoked_refresh_key_ends_what_hung_on_it_with_invalid_grant_not_with_a_fault(stage: Stage) -> None:
    first = (await stage.sign_in())["refresh_token"]
    second = await stage.successor(first)
    now, kid = stage.clock.now_ms(), (await stage.family()).refresh_key

    async def unit(session: Session) -> None:
        await keyring_store.revoke(session, kid, now)
        await keyring_store.ensure(session, stage.world.seal, now, {"ES256"})

    await stage.world.database.write(unit)
    await until_read(stage)
    assert "no longer be repeated" in await stage.refused(first)
    await stage.successor(await stage.successor(second))  # whoever has the successor goes on
