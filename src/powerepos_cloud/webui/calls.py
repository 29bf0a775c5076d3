"""A partner's calls, gathered from wherever they were noted: each instance's request log, and the AuthServer's refusals."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from powerepos.contract import AuthServerScopes

from powerepos_cloud.authserver import refusal_log
from powerepos_cloud.authserver.refusal_log import RefusedCall
from powerepos_cloud.directory import clients, partner_view
from powerepos_cloud.directory.partner_view import PartnerConnection
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.partnerservices.requestlog import reading
from powerepos_cloud.partnerservices.requestlog.inspecting import Inspected, inspect
from powerepos_cloud.partnerservices.requestlog.reading import LoggedCall, Pair, Wanted
from powerepos_cloud.webui.backroom import Backroom

REJECTED, REFUSED = "rejected", "refused"
_BEGINNING = re.compile(r"^(/[a-z]+)?/(api/v1/(sales/|stock/stockorders/|stock/)?|authorisation/)")
_ID = re.compile(r"[0-9a-fA-F{}-]{32,}")
_OUTCOMES = ("created", "replaced", "replayed", "rejected", "skipped")
_STORED = ("created", "replaced", "replayed")


class Seen(msgspec.Struct, frozen=True):
    """A call as a page shows it. `codes` are error codes, `text` says what came of it; `at` in ms."""

    id: str
    at: int
    organisation_code: str | None
    organisation_name: str | None
    client_id: str
    client_name: str
    endpoint: str
    status: int
    text: str
    codes: list[str]
    client_request_id: str | None
    has_body: bool
    outcomes: dict[str, int] = {}
    logged: LoggedCall | None = None
    refused: RefusedCall | None = None

    @property
    def kind(self) -> str:
        """How it stands: ok, warn (something was rejected) or bad (an error as a whole)."""
        if self.status >= 400:
            return "bad"
        return "warn" if self.outcomes.get("rejected") else "ok"

    @property
    def short_endpoint(self) -> str:
        """Method and last words of the path, without IDs: `POST addbatch`, `GET zreports/…`."""
        method, _, path = self.endpoint.partition(" ")
        return f"{method} {_ID.sub('…', _BEGINNING.sub('', path))}"


class Filter(msgspec.Struct, frozen=True):
    """What to show: one organisation by code, one client, one result; `before` is the instant and ID to go on after."""

    organisation: str = ""
    client: str = ""
    result: str = ""
    before: tuple[int, str] | None = None


class Own(msgspec.Struct, frozen=True):
    """What a partner has: its clients' names by ClientID, its connections, and their pairs by the database that logs them."""

    names: Mapping[str, str]
    connections: Sequence[PartnerConnection]
    places: Sequence[tuple[Database, list[Pair]]]

    def organisation(self, kapow: str) -> PartnerConnection | None:
        """A connection with the organisation of this `kapow`."""
        return next((one for one in self.connections if one.kapow == kapow), None)

    def by_code(self, code: str | None) -> PartnerConnection | None:
        """A connection with the organisation of this code."""
        return next((one for one in self.connections if code is not None and one.organisation_code == code.upper()), None)


async def own(backroom: Backroom, partner_id: int) -> Own:
    """Read what the partner has. It may be connected with many organisations: read where that keeps nobody waiting."""

    async def read(session: Session) -> tuple[dict[str, str], list[PartnerConnection]]:
        names = {client.id: client.name for client in await clients.listing(session, partner_id)}
        return names, await partner_view.connections_of(session, partner_id, AuthServerScopes.PARTNER_SERVICE)

    names, connections = await backroom.directory.read_long(read)
    places: dict[int, tuple[Database, list[Pair]]] = {}
    for one in connections:
        database = None if one.instance_uri is None else backroom.instances(one.instance_uri)
        if database is not None:
            pairs = places.setdefault(id(database), (database, []))[1]
            if (one.kapow, one.client_id) not in pairs:
                pairs.append((one.kapow, one.client_id))
    return Own(names, connections, list(places.values()))


async def page(backroom: Backroom, mine: Own, wanted: Filter, limit: int) -> list[Seen]:
    """The newest calls first, at most `limit`. Raises `TookTooLong`, `DatabaseUnavailable`."""
    found: list[Seen] = []
    narrowed = Wanted(wanted.result, "", wanted.before)
    for database, pairs in mine.places:
        chosen = [pair for pair in pairs if _fits(mine, pair, wanted)]
        read = partial(reading.page, pairs=chosen, wanted=narrowed, limit=limit)
        found += [_of_service(mine, call) for call in await database.read_long(read)]
    if wanted.result != REJECTED:
        ids = [wanted.client] if wanted.client in mine.names else [] if wanted.client else list(mine.names)
        refusals = partial(
            refusal_log.of_clients, client_ids=ids, limit=limit, before=wanted.before, asked_org_id=wanted.organisation
        )
        found += [_of_token(mine, call) for call in await backroom.directory.read_long(refusals)]
    return sorted(found, key=lambda call: (call.at, call.id), reverse=True)[:limit]


async def find(backroom: Backroom, mine: Own, request_id: str) -> tuple[Seen, Inspected | None]:
    """One call, and its batch taken apart where it is kept. Raises `NotFound`, for another partner's too."""
    for database, pairs in mine.places:
        call = await reading.find(database.reader, pairs, request_id)
        if call is not None:
            kept = await reading.kept_body(database.reader, call)
            return _of_service(mine, call), None if kept is None else await asyncio.to_thread(inspect, kept.body, kept.answer)
    refused = await refusal_log.find(backroom.directory.reader, list(mine.names), request_id)
    if refused is None:
        raise NotFound("request", request_id)
    return _of_token(mine, refused), None


async def newest(mine: Own) -> dict[Pair, tuple[Seen, Seen | None]]:
    """Organisation and client → their last call, and the last that went wrong."""
    found: dict[Pair, tuple[Seen, Seen | None]] = {}
    for database, pairs in mine.places:
        for pair, (last, wrong) in (await database.read_long(partial(reading.newest_of_each, pairs=pairs))).items():
            found[pair] = _of_service(mine, last), None if wrong is None else _of_service(mine, wrong)
    return found


def _fits(mine: Own, pair: Pair, wanted: Filter) -> bool:
    kapow, client_id = pair
    at = mine.organisation(kapow)
    is_there = not wanted.organisation or (at is not None and at.organisation_code == wanted.organisation)
    return is_there and wanted.client in ("", client_id)


def _of_service(mine: Own, call: LoggedCall) -> Seen:
    at = mine.organisation(call.kapow)
    counts = sorted(call.outcomes.items(), key=lambda pair: -pair[1])
    codes = [word for word, _ in counts if word not in _OUTCOMES and word != "validated"]
    return Seen(
        call.id,
        call.at,
        None if at is None else at.organisation_code,
        None if at is None else at.organisation_name,
        call.client_id,
        mine.names.get(call.client_id, call.client_id),
        call.endpoint,
        call.status,
        _text(call),
        codes,
        call.client_request_id,
        call.has_body,
        call.outcomes,
        logged=call,
    )


def _text(call: LoggedCall) -> str:
    if call.status >= 400 and not call.rejected:
        return "refused"
    counts = {word: call.outcomes.get(word, 0) for word in _OUTCOMES}
    total, stored = sum(counts.values()), sum(counts[word] for word in _STORED)
    if "validated" in call.outcomes:
        return f"{call.outcomes['validated']} looked at, nothing stored"
    if not total:
        return "answered"
    if counts["rejected"] or counts["skipped"]:
        return f"{stored} of {total} stored"
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _of_token(mine: Own, call: RefusedCall) -> Seen:
    at = mine.by_code(call.asked_org_id)
    return Seen(
        call.id,
        call.at,
        call.asked_org_id,
        None if at is None else at.organisation_name,
        call.client_id,
        mine.names.get(call.client_id, call.client_id),
        refusal_log.ENDPOINT,
        call.status,
        "no token",
        [call.error],
        call.client_request_id,
        has_body=False,
        refused=call,
    )
