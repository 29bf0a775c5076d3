"""The tenant is enforced by a machine: a statement on an organisation's table must name the organisation.

A table says by `info={"tenant": "kapow"}` which column holds its tenant. Wherever such a table is read or changed (under an
alias and in a subquery too), that column must equal a value, or a column that does; conditions count only where they hold
for every row, so not under OR or NOT. A table whose rows are the tenants says by `info={"tenant_keys": ("id", "kapow")}`
which columns each name one. What rightly crosses organisations says why, by `crossing(statement, "reason")`; a test prints
the list.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import Delete, Executable, FromClause, Insert, Join, Select, Table, Update
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ClauseElement, ColumnClause, Grouping
from sqlalchemy.sql.selectable import FromClauseAlias, SelectBase

S = TypeVar("S", bound=Executable)
_Column = tuple[FromClause, str]  # of one occurrence: an alias is another one than its table
_Condition = tuple[ClauseElement, frozenset[FromClause] | None]  # and whose columns it restricts; None: everybody's

_REMEMBERED = 1000


class TenantNotNamed(Exception):
    """A statement reaches into an organisation's table without naming the organisation. A fault of the program."""


def crossing(statement: S, reason: str) -> S:
    """The statement, allowed to cross organisations for this reason."""
    return statement.execution_options(crosses_tenants=reason)


class TenantGuard:
    """Listens to an engine's `before_execute`. Statements of the same form are looked through once."""

    def __init__(self) -> None:
        self._approved: set[Any] = set()

    def check(self, _connection: Any, statement: Any, _multi: Any, _params: Any, _options: Any) -> None:
        """Raise `TenantNotNamed` unless the statement names its tenants or says why it need not."""
        if not isinstance(statement, ClauseElement) or "crosses_tenants" in statement.get_execution_options():  # type: ignore[attr-defined]
            return
        form = statement._generate_cache_key()  # SQLAlchemy's own: what the statement is, without its values
        if form is not None and form.key in self._approved:
            return
        for part in _statements_in([statement]):
            _require_tenants(part, frozenset(), frozenset())
        if form is not None:
            if len(self._approved) >= _REMEMBERED:
                self._approved.clear()
            self._approved.add(form.key)


def _require_tenants(part: ClauseElement, outer: frozenset[FromClause], outer_named: frozenset[_Column]) -> None:
    """Check one SELECT, INSERT, UPDATE or DELETE, then those inside it; `outer` is what stands in FROM around it."""
    occurrences, conditions = _anatomy(part)
    if len(occurrences) > 1 and getattr(part, "_auto_correlate", True):
        occurrences -= outer  # a subquery that names an outer table beside its own means the outer row
    known = frozenset(column for column in outer_named if column[0] not in occurrences)
    named = _named(conditions, occurrences | outer, known)
    for occurrence in occurrences:
        tenant = _info(occurrence).get("tenant")
        if tenant is not None and (occurrence, tenant) not in named and not _inserts(part, tenant):
            raise TenantNotNamed(f"a statement on {getattr(occurrence, 'name', occurrence)} does not name its {tenant}: {part}")
    for inner in _statements_in(occurrences):
        _require_tenants(inner, frozenset(), frozenset())
    beside = [child for child in part.get_children() if not isinstance(child, FromClause)]
    for inner in _statements_in([*beside, *(condition for condition, _ in conditions)]):
        _require_tenants(inner, occurrences | outer, named)


def _anatomy(part: ClauseElement) -> tuple[frozenset[FromClause], list[_Condition]]:
    """What stands in FROM (or is changed), and the conditions that hold for every row."""
    if isinstance(part, Select):
        sources, where = part.get_final_froms(), part.whereclause
    elif isinstance(part, Update | Delete):
        where = part.whereclause
        sources = [part.table, *_tables_in([where])] if where is not None else [part.table]
    elif isinstance(part, Insert):
        sources, where = [part.table], None
    else:  # a UNION is checked select by select
        sources, where = [], None
    occurrences: set[FromClause] = set()
    conditions: list[_Condition] = [] if where is None else [(where, None)]
    for source in sources:
        _take_apart(source, occurrences, conditions)
    return frozenset(occurrences), conditions


def _take_apart(source: FromClause, occurrences: set[FromClause], conditions: list[_Condition]) -> None:
    if not isinstance(source, Join):
        occurrences.add(source)
        return
    right: set[FromClause] = set()
    _take_apart(source.left, occurrences, conditions)
    _take_apart(source.right, right, conditions)
    occurrences |= right
    if source.onclause is not None and not source.full:  # an outer join's condition drops no row of its left side
        conditions.append((source.onclause, frozenset(right) if source.isouter else None))


def _named(
    conditions: list[_Condition], occurrences: Iterable[FromClause], outer_named: frozenset[_Column]
) -> frozenset[_Column]:
    """The columns that equal a value, directly or by way of others."""
    equal = [(pair, whose) for condition, whose in conditions for pair in _equalities(condition)]
    named: set[_Column] = set(outer_named)
    while True:
        before = len(named)
        for (left, right), whose in equal:
            for one, other in ((left, right), (right, left)):
                column = _column(one)
                if column is not None and (whose is None or column[0] in whose) and _is_named(other, named):
                    named.add(column)
        for occurrence in occurrences:
            keys = {(occurrence, key) for key in _info(occurrence).get("tenant_keys", ())}
            if keys & named:
                named |= keys
        if len(named) == before:
            return frozenset(named)


def _equalities(condition: Any) -> Iterator[tuple[ClauseElement, ClauseElement]]:
    if isinstance(condition, Grouping):
        yield from _equalities(condition.element)
    elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for clause in condition.clauses:
            yield from _equalities(clause)
    elif isinstance(condition, BinaryExpression) and condition.operator in (operators.eq, operators.in_op):
        yield condition.left, condition.right


def _is_named(side: ClauseElement, named: set[_Column]) -> bool:
    """Whether this side of an equality is a column that is named, or no column at all: a value, a subquery's result."""
    return _column(side) in named or not any(isinstance(part, ColumnClause) for part in _within(side))


def _column(side: ClauseElement) -> _Column | None:
    return (side.table, side.key) if isinstance(side, ColumnClause) and side.table is not None else None


def _info(occurrence: FromClause) -> dict[str, Any]:
    """What a table says of itself, under an alias too."""
    if isinstance(occurrence, FromClauseAlias):
        return _info(occurrence.element)
    return occurrence.info if isinstance(occurrence, Table) else {}


def _inserts(part: ClauseElement, tenant: str) -> bool:
    """Whether it adds rows that must each say whose they are, and changes none that somebody else may own."""
    if not isinstance(part, Insert) or part.select is not None:
        return False
    conflict = part._post_values_clause
    targets = getattr(conflict, "inferred_target_elements", None) or ()
    changes = conflict is not None and conflict.__visit_name__ == "on_conflict_do_update"
    return not changes or tenant in {getattr(target, "key", target) for target in targets}


def _within(element: ClauseElement) -> Iterator[ClauseElement]:
    """The element and its parts, without what stands inside another statement."""
    yield element
    for child in element.get_children():
        if not isinstance(child, SelectBase):
            yield from _within(child)


def _tables_in(elements: Iterable[ClauseElement]) -> set[FromClause]:
    return {
        part.table
        for element in elements
        for part in _within(element)
        if isinstance(part, ColumnClause) and part.table is not None
    }


def _statements_in(elements: Iterable[ClauseElement]) -> Iterator[ClauseElement]:
    """The outermost statements among the elements and their parts."""
    for element in elements:
        if isinstance(element, SelectBase | Insert | Update | Delete):
            yield element
        else:
            yield from _statements_in(element.get_children())
