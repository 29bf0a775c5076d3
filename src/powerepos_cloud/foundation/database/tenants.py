"""The tenant is enforced by a machine: a statement on an organisation's table must name the organisation.

A table says by `info={"tenant": "kapow"}` which column holds its tenant. A statement that reads or changes such a table
must bind that column (by a comparison, a join, or in the values inserted); otherwise it is refused before it runs. What
rightly crosses organisations says why, by `crossing(statement, "reason")`; a test prints the list.
"""

import weakref
from typing import Any, TypeVar

from sqlalchemy import Executable, Insert, Table
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, ColumnElement

S = TypeVar("S", bound=Executable)

_approved: "weakref.WeakSet[Executable]" = weakref.WeakSet()
_BINDING = (operators.eq, operators.in_op)


class TenantNotNamed(Exception):
    """A statement reaches into an organisation's table without naming the organisation. A fault of the program."""


def crossing(statement: S, reason: str) -> S:
    """The statement, allowed to cross organisations for this reason."""
    return statement.execution_options(crosses_tenants=reason)


def guard_tenants(_connection: Any, statement: Any, _multi: Any, _params: Any, _options: Any) -> None:
    """SQLAlchemy's `before_execute` listener. Raises `TenantNotNamed`."""
    if not isinstance(statement, Executable) or statement in _approved:
        return
    if "crosses_tenants" not in statement.get_execution_options():
        _require_tenant(statement)
    _approved.add(statement)


def _require_tenant(statement: Executable) -> None:
    bound = _bound_columns(statement)
    for table in _tables(statement):
        tenant = table.info.get("tenant")
        if tenant is not None and (table.name, tenant) not in bound:
            raise TenantNotNamed(f"a statement on {table.name} does not name its {tenant}: {statement}")


def _tables(statement: Executable) -> set[Table]:
    return {element for element in visitors.iterate(statement) if isinstance(element, Table)}  # type: ignore[arg-type]


def _bound_columns(statement: Executable) -> set[tuple[str, str]]:
    """(table, column) pairs that the statement compares for equality, or inserts."""
    bound: set[tuple[str, str]] = set()
    for element in visitors.iterate(statement):  # type: ignore[arg-type]
        if isinstance(element, BinaryExpression) and element.operator in _BINDING:
            for side in (element.left, element.right):
                _add(bound, side)
    if isinstance(statement, Insert):
        bound.update((statement.table.name, column.name) for column in statement.table.columns)
    return bound


def _add(bound: set[tuple[str, str]], side: ColumnElement[Any]) -> None:
    table = getattr(side, "table", None)
    base = getattr(table, "element", table)  # an alias stands for its table
    if isinstance(base, Table) and side.key is not None:
        bound.add((base.name, side.key))
