"""`/support/audit`: what anybody did anywhere, from the directory and every instance's database, by time; as CSV, too."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit import merged
from powerepos_cloud.directory import organisations
from powerepos_cloud.foundation.database import Database, TookTooLong
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.webui import sheets, times
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, support
from powerepos_cloud.webui.navigation import SUPPORT, Link, PageGroup
from powerepos_cloud.webui.pages.support.who import BOTH
from powerepos_cloud.webui.sheets import Cell

_HERE = "/support/audit"
_ROWS, _ROWS_OF_A_PART = 50, 500
_TOO_MUCH = "That is too much to search at once. Narrow the days, or name an organisation."
_HEAD = (
    "Time (UTC)", "Action", "Kind", "About", "Organisation", "ClientID", "Kind of who", "Who", "From", "Request ID", "Details",
)  # fmt: skip
_DAY_MS = 86_400_000
_FIELDS = ("organisation", "actor", "action", "subject", "client", "request", "since", "until")


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.backroom = frame.backroom

    async def listing(self, ask: Ask) -> Response[bytes]:
        """The newest rows that the filters let through, page by page."""
        filters = await self._filters(ask)
        place = merged.read_place(ask.query("before"))
        found = merged.Page([], None)
        if ask.form.is_sound:
            try:
                found = await merged.page(await self._databases(), _ROWS, place, **filters)
            except TookTooLong:
                ask.form.blame("since", _TOO_MUCH)
        kept = self._kept(ask)
        older = "" if found.older is None else f"{_HERE}?{urlencode({**kept, 'before': merged.place_text(found.older)})}"
        return self.frame.show(
            ask,
            "support/audit.html",
            status=200 if ask.form.is_sound else 422,
            rows=[(row, _details(row.details)) for row in found.rows],
            older=older,
            newest=f"{_HERE}?{urlencode(kept)}" if place else "",
            kept=urlencode(kept),
            codes=await self._codes(found.rows),
        )

    async def sheet(self, ask: Ask) -> Response[bytes]:
        """All that the filters let through, as CSV; what is wrong with them is said on the page."""
        filters = await self._filters(ask)
        if not ask.form.is_sound:
            return self.frame.go(ask, f"{_HERE}?{urlencode(self._kept(ask))}")
        databases = await self._databases()

        async def parts() -> AsyncIterator[list[tuple[Cell, ...]]]:
            async for rows in merged.pages(databases, _ROWS_OF_A_PART, **filters):
                codes = await self._codes(rows)
                yield [_cells(row, codes) for row in rows]

        try:
            return await sheets.stream("PowerEPOS audit.csv", _HEAD, parts())
        except TookTooLong:
            return self.frame.go(ask, f"{_HERE}?{urlencode(self._kept(ask))}", _TOO_MUCH)

    async def _databases(self) -> list[Database]:
        return [self.backroom.directory, *await self.backroom.every_partnerservices()]

    @staticmethod
    def _kept(ask: Ask) -> dict[str, str]:
        """The filters as an address carries them."""
        return {name: ask.query(name) for name in _FIELDS if ask.query(name)}

    async def _filters(self, ask: Ask) -> dict[str, Any]:
        chosen = {name: ask.query(name) for name in _FIELDS}
        ask.form = Form.of(**chosen)
        names = {"actor": "actor", "action": "action", "subject": "subject", "client": "client_id", "request": "request_id"}
        filters: dict[str, Any] = {column: chosen[name] for name, column in names.items() if chosen[name]}
        if chosen["organisation"]:
            try:
                found = await organisations.by_code(self.backroom.directory.reader, chosen["organisation"])
                filters["kapow"] = found.kapow
            except NotFound:
                ask.form.blame("organisation", "There is no organisation with this code.")
        since, until = self._day(ask, "since"), self._day(ask, "until")
        if since is not None:
            filters["since_ms"] = since
        if until is not None:
            filters["until_ms"] = until + _DAY_MS
        return filters

    @staticmethod
    def _day(ask: Ask, name: str) -> int | None:
        """The first instant (ms) of a day in UTC."""
        text = ask.form.value(name)
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            ask.form.blame(name, "Enter a day such as 2027-01-31.")
            return None
        return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)

    async def _codes(self, rows: list[Any]) -> dict[str, str]:
        """kapow → code of the organisations on this page."""
        return await organisations.codes_of(self.backroom.directory.reader, {row.kapow for row in rows if row.kapow})


def _details(text: str) -> list[tuple[str, str]]:
    """What a row says beside its columns, label and value."""
    found: dict[str, Any] = msgspec.json.decode(text)
    return [(name.replace("_", " "), _plain(value)) for name, value in found.items() if value not in (None, "", [], {})]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _cells(row: Any, codes: Mapping[str, str]) -> tuple[Cell, ...]:
    said = "; ".join(f"{label}: {value}" for label, value in _details(row.details))
    about = (row.action, row.subject_kind, row.subject, codes.get(row.kapow, ""), row.client_id)
    return times.whole(row.at), *about, row.actor_kind, row.actor, row.source, row.request_id, said


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages = _Pages(frame)
    return [frame.get(_HERE, support(*BOTH))(pages.listing), frame.get(f"{_HERE}.csv", support(*BOTH))(pages.sheet)]


GROUP = PageGroup(_build, (Link(SUPPORT, "Records", "Audit", _HERE, "shield", BOTH, 80),))
