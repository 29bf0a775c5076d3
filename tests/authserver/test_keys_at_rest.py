"""Private keys at rest are sealed: the database alone opens nothing, and under a wrong master key nothing starts."""

import base64
import re
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from sqlalchemy import delete, update

from powerepos_cloud.directory import tables as t
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.sealing import MasterKeyError, Seal
from powerepos_cloud.keyring import store as keyring_store
from powerepos_cloud.keyring.tables import keys
from tests.authserver.stage import Stage
from tests.authserver.worker import working
from tests.support.application import MASTER_KEY, settings_for
from tests.support.clock import FakeClock
from tests.support.server import serving
from tests.support.world import World


async def private_parts(world: World) -> dict[str, bytes]:
    """kid → what its row seals, opened."""
    rows = await world.database.reader.all(keys.select())
    return {row.kid: Seal(MASTER_KEY).open(bytes(row.sealed)) for row in rows}


async def everything_stored(world: World, directory_url: str) -> bytes:
    """SQLite: the files, its log included. PostgreSQL: every value of every row as text and bytes."""
    if directory_url.startswith("sqlite"):
        path = Path(directory_url.removeprefix("sqlite:///"))
        return b"".join(file.read_bytes() for file in path.parent.iterdir() if file.name.startswith(path.name))
    found: list[bytes] = []
    for table in keys.metadata.sorted_tables:
        for row in await world.database.reader.all(table.select().execution_options(crosses_tenants="a test looks at all")):
            found += [bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row]
    return b"\n".join(found)


async def test_no_private_key_lies_in_the_database(stage: Stage, directory_url: str) -> None:
    await stage.successor((await stage.sign_in())["refresh_token"])
    now = stage.clock.now_ms()
    await stage.world.database.write(lambda session: keyring_store.ensure(session, stage.world.seal, now, {"ES256", "RS256"}))
    stored = await everything_stored(stage.world, directory_url)
    opened = await private_parts(stage.world)
    assert len(opened) == 4
    for kid, secret in opened.items():
        assert kid.encode() in stored  # we look where keys are
        raw = [secret]
        if len(secret) > 64:
            private = load_der_private_key(secret, None)
            number = private.private_numbers()  # type: ignore[union-attr]
            scalar = number.private_value if isinstance(private, ec.EllipticCurvePrivateKey) else number.d  # type: ignore[union-attr]
            raw.append(scalar.to_bytes((scalar.bit_length() + 7) // 8, "big"))
        for form in raw:
            for shown in (form, form.hex().encode(), base64.b64encode(form), base64.urlsafe_b64encode(form).rstrip(b"=")):
                assert shown not in stored
                assert shown[4:28] not in stored
    assert b"PRIVATE KEY" not in stored
    assert MASTER_KEY.encode() not in stored


async def test_the_database_holds_no_token_and_no_secret(stage: Stage, directory_url: str) -> None:
    world = stage.world
    first = await stage.sign_in()
    second = await stage.refreshed(first["refresh_token"])
    stored = await everything_stored(world, directory_url)
    shown = [world.client.secret, world.other_client.secret, world.account.password, world.lakeside_account.password]
    shown += [credential for _, credential, _ in world.instances.values()]
    shown += [answer[name] for answer in (first, second) for name in ("access_token", "refresh_token")]
    for secret in shown:
        assert secret.encode() not in stored
        assert secret.rpartition(".")[2].encode() not in stored
    assert not re.search(rb"pepos_(cs|sp|rt|si|ln)_[a-z2-7]{32}", stored)


async def test_a_server_with_a_wrong_master_key_says_so_and_gives_up(
    world: World, directory_url: str, partnerservices_url: str
) -> None:
    before = await world.database.reader.all(keys.select())
    settings = settings_for(directory_url, partnerservices_url, master_key=Fernet.generate_key().decode())
    with (
        pytest.raises(RuntimeError, match="keys were sealed under another master key: set POWEREPOS_MASTER_KEY or restore"),
        serving(settings),
    ):
        pass
    assert await world.database.reader.all(keys.select()) == before


@pytest.mark.parametrize("missing", ["sign", "hash", "refresh"])
async def test_under_a_wrong_master_key_no_missing_key_is_made(
    world: World, directory_url: str, clock: FakeClock, missing: str
) -> None:
    """It would open for nobody else, and keep every right server from starting."""
    await world.run(delete(keys).where(keys.c.kind == missing))
    await world.run(update(t.services).values(alg="RS256"))
    before = await world.database.reader.all(keys.select())
    with pytest.raises(MasterKeyError):
        async with working(directory_url, clock, master_key=Fernet.generate_key().decode()):
            pass
    assert await world.database.reader.all(keys.select()) == before
    async with working(directory_url, clock) as worker:
        assert worker.server.ring.keys.signer("RS256", clock.now_ms())


async def test_under_a_wrong_master_key_no_key_is_rotated(world: World, clock: FakeClock) -> None:
    wrong = Seal(Fernet.generate_key().decode())
    for kind, alg in (("sign", "ES256"), ("hash", "HS256"), ("refresh", "HS256")):

        async def unit(session: Session, kind: str = kind, alg: str = alg) -> None:
            await keyring_store.rotate(session, wrong, clock.now_ms(), kind=kind, alg=alg, at_once=True, keep_ms=1000)

        with pytest.raises(MasterKeyError):
            await world.database.write(unit)
    assert len(await world.database.reader.all(keys.select())) == 3


@pytest.mark.parametrize("malformed", ["", "short", "A" * 44, "ö" * 44, "not base64 at all, but forty-four long......"])
def test_a_malformed_master_key_is_told(malformed: str) -> None:
    with pytest.raises(MasterKeyError, match="malformed"):
        Seal(malformed)
