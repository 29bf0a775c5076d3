"""What an organisation calls its service accounts: a name is for people alone, and no token carries it."""

from sqlalchemy import update

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import accounts, rules
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.tables import accounts as table
from powerepos_cloud.foundation.database import Session


async def rename_account(
    session: Session, now_ms: int, actor: Actor, organisation: Organisation, account_id: str, name: str
) -> bool:
    """Call a service account something else; False if that is its name. Raises `NotFound`, `Invalid`, `Conflict`.

    Its ID, passwords, connections and tokens stay as they are.
    """
    known = await accounts.locked(session, organisation, account_id)
    new = rules.name("name", name)
    if new == known.name:
        return False
    named = update(table).where(table.c.id == account_id, table.c.organisation_id == organisation.id)
    await session.run(named.values(name=new))
    subject, details = ("service_account", account_id), {"name": [known.name, new]}
    await record(session, now_ms, actor, "account.renamed", subject, kapow=organisation.kapow, details=details)
    return True
