"""Which instance of a service an organisation is on: at most one, and its URI is the `svc` of the organisation's tokens."""

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import revocations, services
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.tables import assignments, instances
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound


class Assignment(msgspec.Struct, frozen=True):
    """An organisation's instance of one service."""

    service: str
    instance_id: str
    uri: str


async def assign(session: Session, now_ms: int, actor: Actor, organisation: Organisation, instance_id: str) -> Assignment:
    """Put an organisation on an instance, its first of that service. Raises `NotFound`, `Conflict` if it has another."""
    instance = await services.instance(session, instance_id)
    wanted = Assignment(instance.service, instance.id, instance.uri)
    made = await session.first(
        insert(assignments)
        .values(organisation_id=organisation.id, service=instance.service, instance_id=instance.id)
        .on_conflict_do_nothing(index_elements=["organisation_id", "service"])
        .returning(assignments.c.service)
    )
    if made is None:
        present = await get(session, organisation, instance.service)
        if present != wanted:
            raise Conflict(
                f"{organisation.code} has an instance of {instance.service} already: {present.uri}",
                "Its records have to be moved first.",
            )
        return present
    await _audit(session, now_ms, actor, "assignment.made", organisation, wanted)
    return wanted


async def get(session: Session, organisation: Organisation, service: str) -> Assignment:
    """The organisation's instance of a service. Raises `NotFound`."""
    for assignment in await listing(session, organisation):
        if assignment.service == service:
            return assignment
    raise NotFound("instance assigned for", f"{organisation.code} and {service}", "Assign one first.")


async def listing(session: Session, organisation: Organisation) -> list[Assignment]:
    """The organisation's instances, by service."""
    statement = (
        select(assignments.c.service, assignments.c.instance_id, instances.c.uri)
        .join(instances, instances.c.id == assignments.c.instance_id)
        .where(assignments.c.organisation_id == organisation.id)
        .order_by(assignments.c.service)
    )
    return [Assignment(*tuple(row)) for row in await session.all(statement)]


async def move(session: Session, now_ms: int, actor: Actor, organisation: Organisation, instance_id: str) -> Assignment:
    """Flip an organisation to another instance of the same service, once its records are there (contract section 5).

    Every other instance refuses the tokens issued before. Raises `NotFound`.
    """
    instance = await services.instance(session, instance_id)
    wanted = Assignment(instance.service, instance.id, instance.uri)
    await get(session, organisation, instance.service)
    flipped = await session.first(
        update(assignments)
        .where(
            assignments.c.organisation_id == organisation.id,
            assignments.c.service == instance.service,
            assignments.c.instance_id != instance.id,
        )
        .values(instance_id=instance.id)
        .returning(assignments.c.service)
    )
    if flipped is not None:
        await _audit(session, now_ms, actor, "assignment.moved", organisation, wanted)
        await revocations.publish(session, now_ms, [revocations.moved(organisation.code, instance.uri)])
    return wanted


async def unassign(session: Session, now_ms: int, actor: Actor, organisation: Organisation, service: str) -> Assignment:
    """Take an organisation off its instance of a service; which it was. Its records stay where they are.

    Tokens issued before are refused: whoever uses another service asks for a new one. Raises `NotFound`.
    """
    known = await get(session, organisation, service)
    own = (assignments.c.organisation_id == organisation.id, assignments.c.service == known.service)
    if await session.first(delete(assignments).where(*own).returning(assignments.c.service)) is None:
        raise NotFound("instance assigned for", f"{organisation.code} and {service}")  # somebody else did the same meanwhile
    await _audit(session, now_ms, actor, "assignment.ended", organisation, known)
    await revocations.publish(session, now_ms, [revocations.organisation("narrowed", organisation.code)])
    return known


async def _audit(session: Session, now_ms: int, actor: Actor, action: str, organisation: Organisation, to: Assignment) -> None:
    subject = ("organisation", organisation.code)
    details = msgspec.structs.asdict(to)
    await record(session, now_ms, actor, action, subject, kapow=organisation.kapow, details=details)
