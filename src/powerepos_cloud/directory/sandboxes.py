"""A partner's sandbox: an organisation of its own to try things with, made once, reset as often as needed.

What trades lies with an instance of Partner Services; a page fills that first and then does the deed here. A reset gives the
organisation a new `kapow`, so that nothing of before is found any more, and narrows what was issued; its code stays. The
instance then deletes what lay under the old one.
"""

import base64
import secrets
import uuid

import msgspec
from powerepos.contract import AuthServerScopes, Permissions
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import accounts, assignments, clients, connections, organisations, revocations
from powerepos_cloud.directory.application_tables import sandboxes as table
from powerepos_cloud.directory.credentials import NewSecret
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.partners import Partner
from powerepos_cloud.directory.tables import organisations as organisations_table
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.keyring.ring import Keys

PERMISSIONS = (Permissions.PARTNER_SALES_SUBMIT, Permissions.PARTNER_SALES_VIEW, Permissions.PARTNER_STOCK_SUBMIT)


class Sandbox(msgspec.Struct, frozen=True):
    """A partner's sandbox and its service account. Instants in ms; `resets` counts them."""

    organisation: Organisation
    account_id: str
    created_at: int
    reset_at: int | None
    resets: int


def new_kapow() -> str:
    """A GUID for a sandbox that is about to be filled."""
    return str(uuid.uuid4())


async def of_partner(session: Session, partner_id: int) -> Sandbox | None:
    """The partner's sandbox, None before it is made."""
    row = await session.first(select(table).where(table.c.partner_id == partner_id))
    if row is None:
        return None
    organisation = await organisations.by_id(session, row.organisation_id)
    return Sandbox(organisation, row.account_id, row.created_at, row.reset_at, row.resets)


async def create(
    session: Session, now_ms: int, actor: Actor, keys: Keys, partner: Partner, instance_id: str, kapow: str
) -> tuple[Sandbox, NewSecret]:
    """The sandbox on this instance, with a service account for all of the partner's clients, and its password.

    Raises `Conflict` if there is one already, `NotFound` for an unknown instance.
    """
    code = "SBX-" + base64.b32encode(secrets.token_bytes(5)).decode()
    name = f"{partner.company_name[:80]} sandbox"
    organisation = await organisations.create(session, now_ms, actor, code, name, kapow=kapow)
    await assignments.assign(session, now_ms, actor, organisation, instance_id)
    own = [client.id for client in await clients.listing(session, partner.id)]
    if not own:
        raise Conflict(f"{partner.company_name} has no client yet", "Make a client first: the sandbox is for it.")
    permissions = list(PERMISSIONS)
    account, password = await accounts.create(session, now_ms, actor, keys, organisation, "Sandbox", permissions, None, own)
    for client_id in own:
        await _approve(session, now_ms, actor, organisation, client_id)
    values = {
        "partner_id": partner.id,
        "organisation_id": organisation.id,
        "account_id": account.id,
        "created_at": now_ms,
        "resets": 0,
    }
    made = await session.first(
        insert(table).values(values).on_conflict_do_nothing(index_elements=["partner_id"]).returning(table.c.partner_id)
    )
    if made is None:
        raise Conflict(f"{partner.company_name} has a sandbox already", "Reset it instead.")
    details = {"partner_id": partner.id, "account": account.id}
    subject = ("organisation", organisation.code)
    await record(session, now_ms, actor, "sandbox.created", subject, kapow=kapow, details=details)
    return Sandbox(organisation, account.id, now_ms, None, 0), password


async def admit(session: Session, now_ms: int, actor: Actor, partner: Partner, client_id: str) -> None:
    """Let a new client into the partner's sandbox, if there is one."""
    sandbox = await of_partner(session, partner.id)
    if sandbox is not None:
        await accounts.bind(session, now_ms, actor, sandbox.organisation, sandbox.account_id, client_id)
        await _approve(session, now_ms, actor, sandbox.organisation, client_id)


async def reset(session: Session, now_ms: int, actor: Actor, partner: Partner, old_kapow: str, kapow: str) -> Sandbox:
    """Give the sandbox this new `kapow`, which an instance has been filled for; whatever was issued before ends.

    Raises `NotFound` without one, `Conflict` if somebody reset it meanwhile.
    """
    sandbox = await of_partner(session, partner.id)
    if sandbox is None:
        raise NotFound("sandbox of", partner.company_name)
    organisation = sandbox.organisation
    turned = await session.first(
        update(organisations_table)
        .where(organisations_table.c.id == organisation.id, organisations_table.c.kapow == old_kapow)
        .values(kapow=kapow)
        .returning(organisations_table.c.id)
    )
    if turned is None:
        raise Conflict("the sandbox was reset a moment ago", "Look at it again: nothing more was done.")
    changed = update(table).where(table.c.partner_id == partner.id)
    await session.run(changed.values(reset_at=now_ms, resets=table.c.resets + 1))
    details = {"partner_id": partner.id, "kapow": [old_kapow, kapow]}
    subject = ("organisation", organisation.code)
    await record(session, now_ms, actor, "sandbox.reset", subject, kapow=kapow, details=details)
    await revocations.publish(session, now_ms, [revocations.organisation("narrowed", organisation.code)])
    return Sandbox(
        msgspec.structs.replace(organisation, kapow=kapow), sandbox.account_id, sandbox.created_at, now_ms, sandbox.resets + 1
    )


async def _approve(session: Session, now_ms: int, actor: Actor, organisation: Organisation, client_id: str) -> None:
    services = [AuthServerScopes.PARTNER_SERVICE]
    await connections.approve(session, now_ms, actor, organisation, client_id, services, list(PERMISSIONS), None)
