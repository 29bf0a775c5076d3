"""What scopes stand for: services and their tokens' lifetimes, their deployed instances, and the instances' credentials."""

from typing import Any

import msgspec
from powerepos.contract import SERVICE_SCOPES
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import credentials, revocations, rules
from powerepos_cloud.directory.credentials import INSTANCE_CREDENTIAL, NewSecret, StoredSecret
from powerepos_cloud.directory.tables import instances, services
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.ids import new_instance_id
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.keyring.ring import Keys

DEFAULT_ALG = "ES256"
DEFAULT_ACCESS_SECONDS = 28_800
DEFAULT_REFRESH_IDLE_SECONDS = 90 * 86_400
DEFAULT_REFRESH_TOTAL_SECONDS = 365 * 86_400


class Service(msgspec.Struct, frozen=True):
    """A service. Lifetimes in seconds: of an access token, of a refresh token since its last use, of a grant in all."""

    name: str
    alg: str
    access_seconds: int
    refresh_idle_seconds: int
    refresh_total_seconds: int


class Instance(msgspec.Struct, frozen=True):
    """A deployed host of a service, known to clients by its URI alone."""

    id: str
    service: str
    uri: str
    name: str
    created_at: int


_SERVICE = tuple(services.c[name] for name in Service.__struct_fields__)
_INSTANCE = tuple(instances.c[name] for name in Instance.__struct_fields__)


async def ensure_services(session: Session) -> None:
    """Make the services that scopes stand for where there are none, with the default lifetimes."""
    rows = [
        {
            "name": name,
            "alg": DEFAULT_ALG,
            "access_seconds": DEFAULT_ACCESS_SECONDS,
            "refresh_idle_seconds": DEFAULT_REFRESH_IDLE_SECONDS,
            "refresh_total_seconds": DEFAULT_REFRESH_TOTAL_SECONDS,
        }
        for name in SERVICE_SCOPES
    ]
    await session.run(insert(services).values(rows).on_conflict_do_nothing(index_elements=["name"]))


async def get(session: Session, name: str) -> Service:
    """The service of this name. Raises `NotFound`."""
    if name not in SERVICE_SCOPES:
        raise NotFound("service", name, f"There are {', '.join(SERVICE_SCOPES)}.")
    found = await session.first(select(*_SERVICE).where(services.c.name == name))
    if found is None:
        raise NotFound("service", name, "The directory was not prepared: run `powerepos-admin db upgrade`.")
    return Service(*tuple(found))


async def listing(session: Session) -> list[Service]:
    """All services, by name."""
    return [Service(*tuple(row)) for row in await session.all(select(*_SERVICE).order_by(services.c.name))]


async def longest_access_seconds(session: Session) -> int:
    """The longest life, in seconds, of an access token that may be alive now: also one made before lives were shortened."""
    return await revocations.longest_access_seconds(session)


async def algorithms_in_use(session: Session) -> set[str]:
    """The algorithms that services sign with."""
    return {row[0] for row in await session.all(select(services.c.alg).distinct())}


async def change(
    session: Session,
    now_ms: int,
    actor: Actor,
    name: str,
    *,
    alg: str | None = None,
    access_seconds: int | None = None,
    refresh_idle_seconds: int | None = None,
    refresh_total_seconds: int | None = None,
) -> Service:
    """Change how the service's tokens are made from now on; None leaves as it is. Raises `NotFound`, `Invalid`."""
    await get(session, name)
    held = await session.first(select(*_SERVICE).where(services.c.name == name).with_for_update(key_share=True))
    assert held is not None  # services are never deleted
    old = Service(*tuple(held))
    wanted = {
        "alg": alg,
        "access_seconds": access_seconds,
        "refresh_idle_seconds": refresh_idle_seconds,
        "refresh_total_seconds": refresh_total_seconds,
    }
    new = msgspec.structs.replace(old, **{field: value for field, value in wanted.items() if value is not None})
    if new == old:
        return old
    rules.algorithm(new.alg)
    rules.lifetimes(new.access_seconds, new.refresh_idle_seconds, new.refresh_total_seconds)
    values = msgspec.structs.asdict(new)
    await session.run(update(services).where(services.c.name == name).values(values))
    differences = {field: [getattr(old, field), values[field]] for field in wanted if getattr(old, field) != values[field]}
    await record(session, now_ms, actor, "service.changed", ("service", name), details=differences)
    # Revocations are kept, and old signing keys published, for as long as the longest token lives.
    await revocations.remember_lifetime(session, max(old.access_seconds, new.access_seconds))
    return new


async def create_instance(
    session: Session, now_ms: int, actor: Actor, keys: Keys, service: str, uri: str, name: str
) -> tuple[Instance, NewSecret]:
    """A deployed host with its first credential. Raises `NotFound` (the service), `Invalid`, `Conflict`."""
    await get(session, service)
    values = {
        "id": new_instance_id(),
        "service": service,
        "uri": rules.instance_uri(uri),
        "name": rules.name("name", name),
        "created_at": now_ms,
    }
    made = await session.first(
        insert(instances).values(values).on_conflict_do_nothing(index_elements=["uri"]).returning(*_INSTANCE)
    )
    if made is None:
        raise _uri_taken(uri)
    instance = Instance(*tuple(made))
    credential = await credentials.add(session, now_ms, keys, INSTANCE_CREDENTIAL, instance.id)
    details = {"service": service, "uri": uri, "credential_id": credential.id, "hint": credential.hint}
    await _audit(session, now_ms, actor, "instance.created", instance.id, details)
    return instance, credential


async def instance(session: Session, instance_id: str) -> Instance:
    """The instance of this ID. Raises `NotFound`."""
    statement = select(*_INSTANCE).where(instances.c.id == instance_id)
    found = await session.first(statement) if rules.is_id(instance_id) else None
    if found is None:
        raise NotFound("service instance", instance_id)
    return Instance(*tuple(found))


async def instances_listing(session: Session, service: str | None = None) -> list[Instance]:
    """Instances, oldest first: all, or those of one service."""
    statement = select(*_INSTANCE).order_by(instances.c.created_at, instances.c.id)
    if service is not None:
        statement = statement.where(instances.c.service == service)
    return [Instance(*tuple(row)) for row in await session.all(statement)]


async def set_instance_uri(session: Session, now_ms: int, actor: Actor, instance_id: str, uri: str) -> Instance:
    """Give an instance another address; it refuses tokens for the old one. Raises `NotFound`, `Invalid`, `Conflict`."""
    known = await instance(session, instance_id)
    if known.uri == rules.instance_uri(uri):
        return known
    taken = await session.scalar(select(instances.c.id).where(instances.c.uri == uri))
    if taken is not None:
        raise _uri_taken(uri)
    await session.run(update(instances).where(instances.c.id == instance_id).values(uri=uri))
    await _audit(session, now_ms, actor, "instance.uri_changed", instance_id, {"from": known.uri, "to": uri})
    return msgspec.structs.replace(known, uri=uri)


async def credentials_of(session: Session, instance_id: str) -> list[StoredSecret]:
    """What is known of the instance's credentials."""
    return await credentials.all_of(session, INSTANCE_CREDENTIAL, instance_id)


async def add_credential(session: Session, now_ms: int, actor: Actor, keys: Keys, instance_id: str) -> NewSecret:
    """A second credential, so that the first can be replaced without a gap. Raises `NotFound`, `Conflict`."""
    await instance(session, instance_id)
    await session.all(select(instances.c.id).where(instances.c.id == instance_id).with_for_update(key_share=True))
    credential = await credentials.add(session, now_ms, keys, INSTANCE_CREDENTIAL, instance_id)
    details = {"credential_id": credential.id, "hint": credential.hint}
    await _audit(session, now_ms, actor, "instance_credential.added", instance_id, details)
    return credential


async def end_credential(session: Session, now_ms: int, actor: Actor, instance_id: str, credential_id: int) -> bool:
    """End a credential at once; False if it had ended before. Raises `NotFound`."""
    await instance(session, instance_id)
    hint = await credentials.end(session, now_ms, INSTANCE_CREDENTIAL, instance_id, credential_id)
    if hint is not None:
        details = {"credential_id": credential_id, "hint": hint}
        await _audit(session, now_ms, actor, "instance_credential.ended", instance_id, details)
    return hint is not None


def _uri_taken(uri: str) -> Conflict:
    return Conflict(f"another instance has the address {uri}", "Each instance has an address of its own.")


async def _audit(session: Session, now_ms: int, actor: Actor, action: str, instance_id: str, details: dict[str, Any]) -> None:
    await record(session, now_ms, actor, action, ("instance", instance_id), details=details)
