"""Look-up by any ID: what the directory and every instance's database know of it, as one timeline."""

from collections.abc import Iterable, Sequence

import msgspec

from powerepos_cloud.audit.store import newest
from powerepos_cloud.audit.timeline import Event, deeds, merged
from powerepos_cloud.authserver import lookup as grants
from powerepos_cloud.authserver.lookup import Grant
from powerepos_cloud.authserver.refusal_log import ENDPOINT, RefusedCall
from powerepos_cloud.directory import lookup as directory
from powerepos_cloud.directory.lookup import Seen
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.ids import parse_guid
from powerepos_cloud.partnerservices import lookup as records
from powerepos_cloud.partnerservices.lookup import Trace
from powerepos_cloud.webui.backroom import Backroom

MOST_EVENTS = 60
_EACH = 10


class Owner(msgspec.Struct, frozen=True):
    """What a thing belongs to: `path` is support's page about it, empty where there is none."""

    label: str
    name: str
    id: str
    path: str


class Result(msgspec.Struct, frozen=True):
    """A thing that has the ID. `events` are the newest ones, oldest first; `is_cut` if there are more."""

    kind: str
    id: str
    name: str
    state: str
    facts: list[tuple[str, str]]
    owners: list[Owner]
    events: list[Event]
    is_cut: bool
    kapow: str | None = None
    page: str = ""
    """Support's page about it, where there is one."""


class _Known(msgspec.Struct, frozen=True):
    """What the directory answers at the first look."""

    seen: list[Seen]
    grant: Grant | None
    refused: RefusedCall | None
    deeds: list[Event]
    kapows: list[str]


class LookUp:
    """Asks the directory and the databases of all instances that can be reached from here."""

    def __init__(self, backroom: Backroom) -> None:
        self._directory = backroom.directory
        self._backroom = backroom

    async def find(self, text: str) -> list[Result]:
        """Everything that has this ID. Raises `TookTooLong`, `DatabaseUnavailable`."""
        guid = _guid(text)
        known = await self._directory.read_long(lambda session: _ask_directory(session, text, guid))
        databases = await self._backroom.every_partnerservices()
        traces: list[Trace] = []
        by_request = [known.deeds]
        if guid is not None:
            for database in databases:
                found, made = await database.read_long(lambda session: _ask_instance(session, known.kapows, guid))
                traces += found
                by_request.append(made)
        results = [await self._of_seen(one, databases) for one in known.seen]
        if known.grant is not None:
            results.append(await self._of_grant(known.grant))
        if known.refused is not None:
            results.append(await self._of_refusal(known.refused, known.deeds))
        deeds_of_request = merged(by_request)
        results += [await self._of_trace(one, deeds_of_request) for one in traces]
        if deeds_of_request and not any(one.kind == "request" for one in results):
            results.append(_result("request", guid or text, "", "", [], [], [deeds_of_request]))
        return results

    async def _of_seen(self, seen: Seen, databases: Sequence[Database]) -> Result:
        parts = [deeds(await self._directory.read_long(lambda session: directory.history(session, seen, MOST_EVENTS)))]
        for database in databases:
            parts += await database.read_long(lambda session: _around(session, seen))
        if seen.kind == "client":
            parts.append(await self._directory.read_long(lambda session: grants.refusals_of(session, seen.id)))
        kapows = [kapow for kapow in [seen.kapow] if kapow and seen.kind != "organisation"]
        clients = [client for client in [seen.client_id] if client and seen.kind != "client"]
        owners = await self._owners(kapows, clients)
        if seen.partner_id is not None and seen.kind == "client":
            owners.append(
                Owner(
                    "Partner", f"Partner {seen.partner_id}", f"partner:{seen.partner_id}", f"/support/partners/{seen.partner_id}"
                )
            )
        return _result(seen.kind, seen.id, seen.name, seen.state, [], owners, parts, kapow=seen.kapow, page=_page_of(seen))

    async def _of_grant(self, grant: Grant) -> Result:
        owners = await self._owners([grant.kapow], [grant.client_id])
        owners.append(_connection(grant.connection_id))
        facts = [("Service", grant.service), ("Scope", grant.scope)]
        if grant.reason:
            facts.append(("Over because", grant.reason))
        return _result("grant", grant.id, "", grant.state, facts, owners, [grant.events], kapow=grant.kapow)

    async def _of_refusal(self, call: RefusedCall, made: list[Event]) -> Result:
        around = await self._directory.read_long(lambda session: grants.refusals_of(session, call.client_id, call.id))
        facts = [("Endpoint", ENDPOINT), ("Status", str(call.status)), ("Error", call.error)]
        if call.client_request_id:
            facts.append(("X-Client-Request-ID", call.client_request_id))
        owners = await self._owners([], [call.client_id])
        return _result("request", call.id, "", "bad", facts, owners, [grants.events_of(call, around), made])

    async def _of_trace(self, trace: Trace, made: list[Event]) -> Result:
        owners = await self._owners([trace.kapow], [trace.client_id])
        owners += [Owner(label, label, link, f"/support/look-up?id={link}") for label, link in trace.links]
        facts = [*trace.facts, *([("Outlet", trace.outlet_id)] if trace.outlet_id else [])]
        parts = [trace.events, made if trace.kind == "request" else []]
        return _result(trace.kind, trace.id, "", trace.state, facts, owners, parts, kapow=trace.kapow)

    async def _owners(self, kapows: Sequence[str], client_ids: Sequence[str]) -> list[Owner]:
        found = await directory.named(self._directory.reader, kapows, client_ids)
        return [Owner(one.kind.capitalize(), one.name, one.id, _page_of(one)) for one in found]


async def _ask_directory(session: Session, text: str, guid: str | None) -> _Known:
    made = [] if guid is None else deeds(await newest(session, MOST_EVENTS, request_id=guid))
    grant = None if guid is None else await grants.grant(session, guid)
    refused = None if guid is None else await grants.refusal(session, guid)
    kapows = [] if guid is None else await directory.every_kapow(session)
    return _Known(await directory.find(session, text), grant, refused, made, kapows)


async def _ask_instance(session: Session, kapows: Sequence[str], guid: str) -> tuple[list[Trace], list[Event]]:
    return await records.find(session, kapows, guid), deeds(await newest(session, MOST_EVENTS, request_id=guid))


async def _around(session: Session, seen: Seen) -> list[list[Event]]:
    """What an instance's database knows of a thing of the directory: deeds at the organisation, and calls."""
    own = await newest(session, MOST_EVENTS, kapow=seen.kapow) if seen.kind == "organisation" else []
    return [deeds(own), await records.calls(session, seen.pairs, _EACH)]


def _result(
    kind: str,
    thing: str,
    name: str,
    state: str,
    facts: list[tuple[str, str]],
    owners: list[Owner],
    parts: Iterable[Sequence[Event]],
    *,
    kapow: str | None = None,
    page: str = "",
) -> Result:
    events = merged(parts)
    return Result(kind, thing, name, state, facts, owners, events[-MOST_EVENTS:], len(events) > MOST_EVENTS, kapow, page)


def _connection(number: int) -> Owner:
    return Owner("Connection", f"Connection {number}", f"connection:{number}", f"/support/look-up?id=connection:{number}")


def _page_of(seen: Seen) -> str:
    if seen.kind == "organisation":
        return f"/support/organisations/{seen.id}"
    if seen.kind == "client":
        return f"/support/clients/{seen.id}"
    return f"/support/partners/{seen.partner_id}" if seen.kind == "partner" else ""


def _guid(text: str) -> str | None:
    try:
        return parse_guid(text)
    except ValueError:
        return None
