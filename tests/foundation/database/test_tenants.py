"""A statement on an organisation's table names the organisation, in every place where the table stands, or says why not."""

import pytest
from sqlalchemy import (
    Column,
    Executable,
    Integer,
    MetaData,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from powerepos_cloud.directory.tables import accounts, connections, organisations
from powerepos_cloud.foundation.database import Database, Session, TenantNotNamed, crossing
from powerepos_cloud.foundation.database.tenants import TenantGuard

METADATA = MetaData()
org = Table(
    "org",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("code", Integer),
    Column("state", Integer),
    info={"tenant_keys": ("id", "code")},
)
sale = Table("sale", METADATA, Column("o", Integer), Column("id", Integer), Column("z", Integer), info={"tenant": "o"})
shift = Table("shift", METADATA, Column("o", Integer), Column("id", Integer), info={"tenant": "o"})
free = Table("free", METADATA, Column("id", Integer), Column("o", Integer))
one, two = sale.alias("one"), sale.alias("two")

MINE = sale.c.o == 1
JOINED = sale.join(shift, and_(shift.c.o == sale.c.o, shift.c.id == sale.c.z))

ALLOWED: dict[str, Executable] = {
    "a comparison": select(sale).where(MINE),
    "the value on the left": select(sale).where(bindparam("o", 1) == sale.c.o),
    "a list of organisations": select(sale).where(sale.c.o.in_([1, 2])),
    "one of several conditions": select(sale).where(sale.c.id == 5, MINE, or_(sale.c.z == 1, sale.c.z == 2)),
    "an alias": select(one).where(one.c.o == 1),
    "a join on the tenant": select(JOINED).where(MINE),
    "the other end of the join": select(JOINED).where(shift.c.o == 1),
    "two aliases, each named": select(one, two).where(one.c.o == 1, two.c.o == one.c.o),
    "a left join on the tenant": select(sale.outerjoin(shift, shift.c.o == sale.c.o)).where(MINE),
    "a left join with a value": select(sale.outerjoin(shift, shift.c.o == 1)).where(MINE),
    "by the organisation's key": select(sale.join(org, org.c.id == sale.c.o)).where(org.c.code == 7),
    "a subquery that names it too": select(sale).where(MINE, sale.c.z.in_(select(shift.c.id).where(shift.c.o == 1))),
    "a subquery of the outer row": select(sale).where(MINE, exists().where(shift.c.o == sale.c.o, shift.c.id == sale.c.z)),
    "a subquery's result": select(sale).where(sale.c.o == select(org.c.id).where(org.c.code == 7).scalar_subquery()),
    "a derived table": select(select(sale).where(MINE).subquery()),
    "a common table expression": select(select(sale).where(MINE).cte()),
    "a union": union_all(select(sale).where(MINE), select(sale).where(sale.c.o == 2)),
    "an update": update(sale).where(MINE, sale.c.id == 5).values(z=1),
    "a delete": delete(sale).where(MINE),
    "an insert": insert(sale).values(o=1, id=2),
    "an insert of many": insert(sale),
    "an upsert by the tenant's key": sqlite.insert(sale).values(o=1).on_conflict_do_update(["o", "id"], set_={"z": 1}),
    "an insert unless it is there": postgresql.insert(sale).values(o=1).on_conflict_do_nothing(),
    "a table of nobody's": select(free),
    "the organisations themselves": select(org),
    "no table": select(func.now()),
}

REFUSED: dict[str, Executable] = {
    "nothing": select(sale),
    "another column": select(sale).where(sale.c.id == 1),
    "a count": select(func.count()).select_from(sale),
    "inequality": select(sale).where(sale.c.o != 1),
    "a list of others": select(sale).where(sale.c.o.not_in([1])),
    "greater than": select(sale).where(sale.c.o > 0),
    "an alternative": select(sale).where(or_(MINE, sale.c.id == 1)),
    "a negation": select(sale).where(not_(and_(MINE, sale.c.z == 1))),
    "itself": select(sale).where(sale.c.o == sale.c.o),
    "a column of the same row": select(sale).where(sale.c.o == sale.c.z),
    "an expression of the same row": select(sale).where(sale.c.o == sale.c.z + 1),
    "only in the list of columns": select(sale, MINE),
    "an alias": select(one),
    "one of two aliases": select(one, two).where(one.c.o == 1),
    "the table where an alias is named": select(sale, one).where(one.c.o == 1),
    "a join without a value": select(JOINED),
    "a join on something else": select(sale.join(shift, shift.c.id == sale.c.z)).where(MINE),
    "a join with a table of nobody's": select(sale.join(free, free.c.o == sale.c.o)),
    "an organisation by its state": select(sale.join(org, org.c.id == sale.c.o)).where(org.c.state == 1),
    "the left side of a left join": select(sale.outerjoin(shift, and_(sale.c.o == 1, shift.c.o == sale.c.o))),
    "a full join": select(sale.join(shift, and_(MINE, shift.c.o == sale.c.o), full=True)),
    "a subquery": select(sale).where(MINE, sale.c.z.in_(select(shift.c.id))),
    "a subquery of the same table": select(sale).where(MINE, sale.c.id.in_(select(sale.c.z))),
    "a subquery of the outer row by something else": select(sale).where(MINE, exists().where(shift.c.id == sale.c.z)),
    "a subquery that stands alone on purpose": select(sale).where(
        MINE, exists(select(shift.c.id).where(shift.c.o == sale.c.o).correlate(None))
    ),
    "a scalar subquery in the list of columns": select(org.c.id, select(func.count(sale.c.id)).scalar_subquery()),
    "a subquery in an ON clause": select(sale.join(free, free.c.id.in_(select(shift.c.id)))).where(MINE),
    "a derived table": select(select(sale).subquery()),
    "a derived table beside a named one": select(sale, select(sale.c.z.label("other"), free.c.id).subquery()).where(MINE),
    "a common table expression": select(select(sale).cte()),
    "half a union": union_all(select(sale).where(MINE), select(sale)),
    "an update": update(sale).where(sale.c.id == 5).values(z=1),
    "an update that only sets it": update(sale).values(o=1),
    "an update by another table": update(sale).where(MINE, sale.c.z == shift.c.id).values(z=1),
    "an update by a subquery": update(sale).where(MINE).values(z=select(func.max(shift.c.id)).scalar_subquery()),
    "a delete": delete(sale),
    "a delete by a subquery": delete(sale).where(MINE, sale.c.z.in_(select(shift.c.id))),
    "an insert from elsewhere": insert(sale).from_select(["o", "id"], select(free.c.o, free.c.id)),
    "an insert from another organisation": insert(free).from_select(["o", "id"], select(sale.c.o, sale.c.id)),
    "an upsert by another key": sqlite.insert(sale).values(o=1).on_conflict_do_update(["id"], set_={"z": 1}),
    "an upsert by a constraint": postgresql.insert(sale).values(o=1).on_conflict_do_update("pk", set_={"z": 1}),
}


def check(guard: TenantGuard, statement: Executable) -> None:
    """As SQLAlchemy calls it before it executes."""
    guard.check(None, statement, (), {}, {})


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed(name: str) -> None:
    guard = TenantGuard()
    for _ in range(2):  # the second time it is remembered
        check(guard, ALLOWED[name])


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    guard = TenantGuard()
    for _ in range(2):
        with pytest.raises(TenantNotNamed, match="does not name its o"):
            check(guard, REFUSED[name])


@pytest.mark.parametrize("name", REFUSED)
def test_whoever_says_why_may_cross(name: str) -> None:
    check(TenantGuard(), crossing(REFUSED[name], "a test"))  # type: ignore[type-var]


def test_what_is_remembered_is_the_form_and_not_more() -> None:
    guard = TenantGuard()
    check(guard, select(sale).where(MINE, sale.c.id == 1))
    check(guard, select(sale).where(sale.c.o == 2, sale.c.id == 2))
    assert len(guard._approved) == 1
    with pytest.raises(TenantNotNamed):
        check(guard, select(sale).where(sale.c.z == 1, sale.c.id == 1))
    check(guard, crossing(select(sale), "a test"))
    with pytest.raises(TenantNotNamed):
        check(guard, select(sale))


def test_memory_is_bounded() -> None:
    guard = TenantGuard()
    for n in range(2100):
        check(guard, select(func.now().label(f"n{n}")))
    assert len(guard._approved) <= 1000


async def test_the_guard_stands_before_both_databases(directory_database: Database) -> None:
    async def reach(session: Session) -> None:
        await session.run(update(accounts).where(accounts.c.id == "svc-x").values(state="off"))

    async def name(session: Session) -> int:
        await session.run(update(accounts).where(accounts.c.organisation_id == 1).values(state="off"))
        return len(await session.all(crossing(select(connections), "a test")))

    with pytest.raises(TenantNotNamed, match="accounts"):
        await directory_database.write(reach)
    assert await directory_database.write(name) == 0
    for read in (directory_database.reader.all, lambda statement: directory_database.read(lambda s: s.all(statement))):
        with pytest.raises(TenantNotNamed, match="connections"):
            await read(select(connections))
        rows = select(accounts).join(organisations, organisations.c.id == accounts.c.organisation_id)
        assert await read(rows.where(organisations.c.code_key == "NONE")) == []
