"""One-time form keys: a form that makes something is used up by the deed itself, in the deed's own unit.

A form is known by its owner (a session or a visit) and its address; its key is how often it was used before. Every tab that
shows the same unused form holds the same key, so a reload, a double press, the way back and a second tab all lose alike.
"""

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite reads its ON CONFLICT too

from powerepos_cloud.directory.session_tables import form_uses
from powerepos_cloud.foundation.database import Session

KEPT_MS = 24 * 3_600_000


class FormUsed(Exception):
    """This form was used before: nothing is done a second time. `leads_to` is where its first use led."""

    def __init__(self, leads_to: str) -> None:
        super().__init__("form used before")
        self.leads_to = leads_to


async def uses_of(session: Session, owner: bytes) -> dict[str, int]:
    """How often each form of this owner was used."""
    rows = await session.all(select(form_uses.c.form, form_uses.c.uses).where(form_uses.c.owner == owner))
    return {row.form: row.uses for row in rows}


async def claim(session: Session, now_ms: int, owner: bytes, form: str, uses: int, leads_to: str) -> None:
    """Use a form up; `uses` is the key that came with it, `leads_to` the page that shows what it did. Raises `FormUsed`."""
    values = {"uses": uses + 1, "leads_to": leads_to, "delete_after_at": now_ms + KEPT_MS}
    if uses == 0:
        first = insert(form_uses).values(owner=owner, form=form, **values).on_conflict_do_nothing()
        claimed = await session.first(first.returning(form_uses.c.uses))
    else:
        next_one = update(form_uses).where(form_uses.c.owner == owner, form_uses.c.form == form, form_uses.c.uses == uses)
        claimed = await session.first(next_one.values(values).returning(form_uses.c.uses))
    if claimed is None:
        before = select(form_uses.c.leads_to).where(form_uses.c.owner == owner, form_uses.c.form == form)
        raise FormUsed(await session.scalar(before) or leads_to)


async def lead_to(session: Session, owner: bytes, form: str, leads_to: str) -> None:
    """Say where a form leads, once the deed has made it."""
    which = (form_uses.c.owner == owner, form_uses.c.form == form)
    await session.run(update(form_uses).where(*which).values(leads_to=leads_to))
