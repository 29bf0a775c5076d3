"""Whatever is sent in whatever order: what is stored is what a plain model says, to the last digit (a state machine).

The short form runs in every test run; POWEREPOS_FUZZ=long draws many more and longer histories.
"""

import copy
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import anyio.from_thread
import anyio.to_thread
import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.database.tenants import crossing
from powerepos_cloud.partnerservices.outlets import store as outlets
from powerepos_cloud.partnerservices.sales import store, totals
from powerepos_cloud.partnerservices.sales.model import content_hash, gross, pack
from powerepos_cloud.partnerservices.sales.proration import Part
from powerepos_cloud.partnerservices.sales.tables import sale_adjustments, sales, z_counters, z_reports
from tests.partnerservices.sales.shop import Shop, new_id

IS_LONG = os.environ.get("POWEREPOS_FUZZ") == "long"
SETTINGS = settings(
    max_examples=400 if IS_LONG else 25,
    stateful_step_count=60 if IS_LONG else 25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
DATES, TERMINALS, CLIENTS = ("2024-11-30", "2024-12-01", "2024-12-02"), ("Web Shop", "Kiosk"), ("clientone", "clienttwo")

Json = dict[str, Any]


# --- what is sent ---


@st.composite
def taxes(draw: st.DrawFn, *, exclusive: bool) -> Json:
    """Inclusive and exclusive taxes of two levels, to seven decimals."""
    found: Json = {}
    for level in (1, 2):
        found[f"incTax{level}"] = draw(st.integers(-9_999_999, 99_999_999)) / 10**7
        if exclusive:
            found[f"exTax{level}"] = draw(st.integers(-9_999_999, 99_999_999)) / 10**7
            found[f"taxSales{level}"] = draw(st.integers(0, 99_999_999)) / 10**7
    return found


@st.composite
def adjustments(draw: st.DrawFn) -> list[Json]:
    """Discounts and surcharges."""
    return [
        {
            "adjustmentName": draw(st.sampled_from(["Members", "members", "Delivery"])),
            "amount": draw(st.integers(-2000, 2000)) / 100,
            **draw(taxes(exclusive=draw(st.booleans()))),
        }
        for _ in range(draw(st.integers(0, 2)))
    ]


@st.composite
def contents(draw: st.DrawFn) -> Json:
    """A sale that balances, without its ID."""
    items = [
        {
            "amount": draw(st.integers(-5000, 99_999)) / 100,
            "saleQty": draw(st.integers(1, 999)) / 100,
            "stockQty": draw(st.integers(1, 10**9)) / 10**7,
            "pluName": "Tea", "groupName": "Hot", "mainGroupName": "Drinks",
            "itemAdjustments": draw(adjustments()),
            **draw(taxes(exclusive=draw(st.booleans()))),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]  # fmt: skip
    one: Json = {
        "dateTimeClosed": f"2024-12-01 {draw(st.integers(0, 23)):02d}:10:00",
        "invoiceNumber": draw(st.sampled_from(["K1", "K2", "K4", "no number"])),
        "tax1Name": "GST", "tax1Rate": 15, "tax2Name": "City", "tax2Rate": 1.125,
        "transactionItems": items,
        "orderAdjustments": draw(adjustments()),
    }  # fmt: skip
    due = gross_of(one).quantize(Decimal("0.01"))
    first = draw(st.integers(-500, 500))
    parts = [Decimal(first) / 100, due - Decimal(first) / 100]
    one["transactionPayments"] = [
        {
            "amountPurchase": float(part),
            "amountTip": draw(st.integers(0, 300)) / 100,
            "affectsCID": name == "CASH",
            "paymentTypeName": name,
        }
        for part, name in zip(parts, draw(st.permutations(["CASH", "Visa"])), strict=True)
    ]
    return one


def exact(number: float) -> Decimal:
    """A number as its JSON text says it."""
    return Decimal(repr(number))


def lines_of(one: Json) -> Iterator[Json]:
    """Items and all adjustments."""
    for item in one["transactionItems"]:
        yield item
        yield from item["itemAdjustments"]
    yield from one["orderAdjustments"]


def gross_of(one: Json) -> Decimal:
    """Σ (amount + exTax1-4)."""
    return sum(
        (exact(line["amount"]) + sum(exact(line.get(f"exTax{level}", 0)) for level in (1, 2)) for line in lines_of(one)),
        Decimal(0),
    )


# --- the model ---


@dataclass
class Z:
    """A Z as the model knows it."""

    client: str
    date: str
    terminal: str
    is_training: bool
    seq: int
    counter: int
    id: str = ""
    is_final: bool = False

    @property
    def key(self) -> tuple[str, str, str, bool]:
        return self.client, self.date, self.terminal, self.is_training


@dataclass
class Sale:
    """A sale as the model knows it, with every version that it had."""

    client: str
    versions: list[Json]
    z: Z

    @property
    def content(self) -> Json:
        return self.versions[-1]

    @property
    def version(self) -> int:
        return len(self.versions)


@dataclass
class Shelf:
    """All that an organisation has stored, by the contract."""

    zs: list[Z] = field(default_factory=list)
    sales: dict[str, Sale] = field(default_factory=dict)
    feed: dict[str, list[set[tuple[str, str, int, str]]]] = field(default_factory=lambda: {client: [] for client in CLIENTS})

    def newest(self, key: tuple[str, str, str, bool]) -> Z | None:
        found = [z for z in self.zs if z.key == key]
        return found[-1] if found else None

    def make(self, key: tuple[str, str, str, bool]) -> Z:
        client, date, terminal, is_training = key
        last = self.newest(key)
        counter = sum(z.terminal == terminal and z.is_training == is_training for z in self.zs) + 1
        z = Z(client, date, terminal, is_training, last.seq + 1 if last else 1, counter)
        self.zs.append(z)
        return z


@dataclass
class Submission:
    """One sale of a batch."""

    id: str
    content: Json
    is_wrong: bool = False
    is_repeated: bool = False  # its ID stands in the batch before


Judged = tuple[str, int, int | None]  # outcome, errorCode, version


@dataclass
class Verdict:
    """What the model says to a batch."""

    result: int
    items: list[Judged]
    places: list[Z | None]
    top: Z | None
    closed: list[Z] = field(default_factory=list)


class Judge:
    """The contract, told again as plainly as can be."""

    def __init__(self, shelf: Shelf, client: str, key: tuple[str, str, str, bool], by_id: Z | None) -> None:
        self.shelf, self.client, self.by_id = shelf, client, by_id
        self.key = by_id.key if by_id else key

    def place(self, one: Submission) -> tuple[str, int]:
        """Where it stands: word and errorCode."""
        if one.is_repeated:
            return "refused", 7
        known = self.shelf.sales.get(one.id)
        if known is None:
            return "new", 0
        if known.client != self.client:
            return "refused", 8
        is_elsewhere = known.z is not self.by_id if self.by_id else known.z.key != self.key
        if not one.is_wrong and known.content == one.content and (known.z.is_final or not is_elsewhere):
            return "replayed", 0
        if known.z.is_final or known.z.is_training != self.key[3]:
            return "refused", 8
        return "changed", 0

    def judge(self, many: list[Submission], *, is_partial: bool, closes: bool) -> Verdict:
        """Judge and store."""
        placed = [self.place(one) for one in many]
        target = self.by_id or self.shelf.newest(self.key)
        is_active = any(word in ("new", "changed") for word, _ in placed)
        if is_active and self.by_id and self.by_id.is_final:
            errors = [6 if word in ("new", "changed") else error for word, error in placed]
            return self.verdict(3, many, placed, errors, None)
        errors = [
            3 if one.is_wrong and word in ("new", "changed") else error for one, (word, error) in zip(many, placed, strict=True)
        ]
        right = [error == 0 and word in ("new", "changed") for error, (word, _) in zip(errors, placed, strict=True)]
        failed = any(errors)
        if failed and not is_partial:
            errors = [1 if ready else error for ready, error in zip(right, errors, strict=True)]
        if not any(right) or (failed and not is_partial):
            partly = is_partial and failed and not all(errors)
            return self.verdict(0 if not failed else 1 if partly else 2, many, placed, errors, None)
        deeds: set[tuple[str, str, int, str]] = set()
        if target is None or target.is_final:
            target = self.shelf.make(self.key)
            deeds.add(("z", "new", 1, "created"))
        for one, (word, _), ready in zip(many, placed, right, strict=True):
            if ready:
                deeds.add(self.store(one, word, target))
        closed = []
        if closes:
            for z in self.shelf.zs:
                is_earlier = z.date < target.date and z.client == self.client and z.is_training == target.is_training
                if is_earlier and not z.is_final:
                    z.is_final = True
                    closed.append(z)
        self.shelf.feed[self.client].append(deeds | {("z", z.id, 1, "finalised") for z in closed})
        verdict = self.verdict(1 if failed else 0, many, placed, errors, target)
        verdict.closed = closed
        return verdict

    def store(self, one: Submission, word: str, z: Z) -> tuple[str, str, int, str]:
        if word == "new":
            self.shelf.sales[one.id] = Sale(self.client, [copy.deepcopy(one.content)], z)
            return "sale", one.id, 1, "created"
        known = self.shelf.sales[one.id]
        how = "replaced" if known.z is z else "moved"
        known.versions.append(copy.deepcopy(one.content))
        known.z = z
        return "sale", one.id, known.version, how

    def verdict(
        self, result: int, many: list[Submission], placed: list[tuple[str, int]], errors: list[int], top: Z | None
    ) -> Verdict:
        words = {"new": "created", "changed": "replaced", "replayed": "replayed"}
        items: list[Judged] = []
        places: list[Z | None] = []
        for one, (word, _), error in zip(many, placed, errors, strict=True):
            if error:
                items.append(("skipped" if error == 1 else "rejected", error, None))
                places.append(None)
            else:
                known = self.shelf.sales[one.id]
                items.append((words[word], 0, known.version))
                places.append(known.z)
        if top is None and result in (0, 1):
            replayed = {id(z): z for z in places if z is not None}
            top = next(iter(replayed.values())) if len(replayed) == 1 else None
        return Verdict(result, items, places, top)


# --- the machine ---


def machine(shop: Shop, call: Callable[..., Any]) -> type[RuleBasedStateMachine]:
    """A machine whose every history plays in an organisation of its own; `call` runs a coroutine function."""

    class Histories(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.shelf = Shelf()
            self.kapow, self.outlet = new_id(), new_id()
            call(open_outlet, shop, self.kapow, self.outlet)

        def target(self, key: tuple[str, str, str, bool]) -> Json:
            _, date, terminal, is_training = key
            return {
                "tradingDate": date, "terminalName": terminal, "clientName": "C", "clientVersion": "1", "isTraining": is_training,
            }  # fmt: skip

        @rule(
            data=st.data(), client=st.sampled_from(CLIENTS), date=st.sampled_from(DATES), terminal=st.sampled_from(TERMINALS),
            is_training=st.sampled_from([False, False, False, True]), is_partial=st.booleans(),
            closes=st.sampled_from([False, False, True]),
            size=st.integers(1, 4),
        )  # fmt: skip
        def send(
            self, data: st.DataObject, client: str, date: str, terminal: str, is_training: bool, is_partial: bool, closes: bool,
            size: int,
        ) -> None:  # fmt: skip
            """A batch of new, replayed, changed, reverted, foreign and wrong sales, into a Z by target or by ID."""
            many = [self.draw_one(data) for _ in range(size)]
            if data.draw(st.sampled_from([False, False, True]), label="one twice"):
                many.append(copy.copy(many[0]))
            for place, one in enumerate(many):
                one.is_repeated = any(one.id == earlier.id for earlier in many[:place])
            own = [z for z in self.shelf.zs if z.client == client]
            by_id = data.draw(st.sampled_from([None, None, *own]), label="by ID") if own else None
            key = (client, date, terminal, is_training)
            known = {id(z) for z in self.shelf.zs}
            verdict = Judge(self.shelf, client, key, by_id).judge(many, is_partial=is_partial, closes=closes)
            body: Json = {
                "outletID": self.outlet,
                "batchOptions": {"allowPartialBatchSubmission": is_partial, "autoFinalisePreviousTradingDays": closes},
                "sales": [one.content | {"salesTransactionID": one.id} | spoilt(one) for one in many],
                **({"zReportID": by_id.id} if by_id else {"zReportTarget": self.target(key)}),
            }
            answer = call(shop.send, body, client=client, kapow=self.kapow)
            made = [z for z in self.shelf.zs if id(z) not in known]
            for z in made:
                z.id = answer["zReportID"]
                feed = self.shelf.feed[client][-1]
                feed.remove(("z", "new", 1, "created"))
                feed.add(("z", z.id, 1, "created"))
            results = answer["batchItemResults"]
            assert answer["batchResult"] == verdict.result, (answer, verdict)
            assert [(r["outcome"], r["errorCode"], r["version"]) for r in results] == verdict.items
            assert [(r["zReportID"], r["zReportCounter"]) for r in results] == [
                (z.id, z.counter) if z else (None, None) for z in verdict.places
            ]
            assert (answer["zReportID"], answer["zReportCounter"]) == (
                (verdict.top.id, verdict.top.counter) if verdict.top else (None, None)
            )
            assert [z["zReportID"] for z in answer["autoFinalised"]] == [z.id for z in verdict.closed]

        def draw_one(self, data: st.DataObject) -> Submission:
            what = data.draw(st.sampled_from(["new", "new", "wrong", "same", "same", "change", "older", "spoil"]), label="what")
            known = sorted(self.shelf.sales)
            if what in ("new", "wrong") or not known:
                seed = data.draw(st.integers(0, 2**64 - 1), label="ID")
                return Submission(str(uuid.UUID(int=(seed << 64) + (1 << 63) + 1)), data.draw(contents()), what == "wrong")
            sale_id = data.draw(st.sampled_from(known), label="known")
            if what == "older":
                return Submission(sale_id, data.draw(st.sampled_from(self.shelf.sales[sale_id].versions)))
            content = data.draw(contents()) if what == "change" else self.shelf.sales[sale_id].content
            return Submission(sale_id, content, what == "spoil")

        @precondition(lambda self: any(not z.is_final for z in self.shelf.zs))
        @rule(data=st.data())
        def finalise(self, data: st.DataObject) -> None:
            """Finalise a Z by its right totals."""
            z = data.draw(st.sampled_from([z for z in self.shelf.zs if not z.is_final]))
            own = [one for one in self.shelf.sales.values() if one.z is z]
            control = {"count": len(own), "gross": float(round(sum((gross_of(one.content) for one in own), Decimal(0)), 2))}
            body = {"outletID": self.outlet, "zReportID": z.id, "controlTotals": control}
            answer = call(shop.post, "finalisezreport", body, client=z.client, kapow=self.kapow).json()
            assert (answer["resultCode"], answer["differences"]) == (0, [])
            z.is_final = True
            self.shelf.feed[z.client].append({("z", z.id, 1, "finalised")})

        @invariant()
        def zs_are_as_modelled(self) -> None:
            """Counters without gaps, states, and nothing else."""
            call(compare_zs, shop, self.kapow, self.shelf)

        def teardown(self) -> None:
            """Everything at the end of a history."""
            call(compare_all, shop, self.kapow, self.shelf)

    return Histories


def spoilt(one: Submission) -> Json:
    """What makes a wrong one wrong: it is paid one more."""
    if not one.is_wrong:
        return {}
    payments = copy.deepcopy(one.content["transactionPayments"])
    payments[0]["amountPurchase"] = float(exact(payments[0]["amountPurchase"]) + 1)
    return {"transactionPayments": payments}


async def open_outlet(shop: Shop, kapow: str, outlet: str) -> None:
    """An organisation with one outlet."""

    async def unit(session: Session) -> None:
        await outlets.add(
            session, shop.clock.now_ms(), Actor("operator", "test"), kapow, name="Shop", zone="Pacific/Auckland", currency="NZD",
            day_start="04:00", outlet_id=outlet,
        )  # fmt: skip

    await shop.database.write(unit)


async def compare_zs(shop: Shop, kapow: str, shelf: Shelf) -> None:
    """The stored Zs and counters are the model's."""
    columns = (z_reports.c.id, z_reports.c.seq, z_reports.c.counter, z_reports.c.state)
    rows = await shop.database.reader.all(select(*columns).where(z_reports.c.kapow == kapow).order_by(z_reports.c.z_no))
    assert [tuple(row) for row in rows] == [(z.id, z.seq, z.counter, "finalised" if z.is_final else "open") for z in shelf.zs]
    counted = await shop.database.reader.all(select(z_counters).where(z_counters.c.kapow == kapow))
    for row in counted:
        own = [z.counter for z in shelf.zs if (z.terminal.lower(), z.is_training) == (row.terminal_key, bool(row.is_training))]
        assert sorted(own) == list(range(1, row.value + 1))


async def compare_all(shop: Shop, kapow: str, shelf: Shelf) -> None:
    """Sales, hashes, prorated parts, kept totals and the feed are the model's."""
    await compare_zs(shop, kapow, shelf)
    rows = await shop.database.reader.all(select(sales).where(sales.c.kapow == kapow))
    assert {(row.id, row.version, row.client_id) for row in rows} == {
        (sale_id, one.version, one.client) for sale_id, one in shelf.sales.items()
    }
    numbers = {row.z_no: row.id for row in await shop.database.reader.all(select(z_reports).where(z_reports.c.kapow == kapow))}
    loaded: dict[str, list[Any]] = {}
    for row in rows:
        one = await shop.database.read(lambda session, n=row.sale_no: store.load(session, n))
        assert content_hash(pack(one)) == bytes(row.content_hash)
        assert Decimal(row.gross) / 10**7 == gross_of(shelf.sales[row.id].content)
        assert numbers[row.z_no] == shelf.sales[row.id].z.id
        await compare_versions(shop, row.sale_no, shelf.sales[row.id].versions[:-1])
        loaded.setdefault(row.z_no, []).append(one)
        await compare_parts(shop, row.sale_no)
    for z_no in numbers:
        kept = await shop.database.read(lambda session, n=z_no: store.cells(session, n))
        counted = totals.recount(loaded.get(z_no, []))
        assert {key: cell[1] for key, cell in kept.items()} == {key: cell[1] for key, cell in counted.items()}
    for z in shelf.zs:
        await compare_totals(shop, kapow, z, [one.content for one in shelf.sales.values() if one.z is z])
    for client in CLIENTS:
        await compare_feed(shop, kapow, client, shelf.feed[client])


async def compare_versions(shop: Shop, sale_no: int, older: list[Json]) -> None:
    """Every version that was replaced is kept, and no other."""
    for version, content in enumerate([*older, None], start=1):
        kept = await shop.database.read(lambda session, v=version: store.load_version(session, sale_no, v))
        assert (kept is None) == (content is None)
        if kept is not None and content is not None:
            assert (kept[0].invoice_number, len(kept[0].items)) == (content["invoiceNumber"], len(content["transactionItems"]))
            assert Decimal(gross(kept[0])) / 10**7 == gross_of(content)


async def compare_parts(shop: Shop, sale_no: int) -> None:
    """What was prorated adds up to what was sent."""
    wanted = crossing(select(sale_adjustments), "a test").where(sale_adjustments.c.sale_no == sale_no)
    for row in await shop.database.reader.all(wanted):
        if row.line is not None:
            assert row.parts is None
            continue
        parts = msgspec.json.decode(row.parts, type=list[Part])
        assert sum(part.amount for part in parts) == row.amount
        for level in range(4):
            assert sum(part.inc[level] for part in parts) == getattr(row, f"inc{level + 1}")
            assert sum(part.ex[level] for part in parts) == getattr(row, f"ex{level + 1}")


async def compare_totals(shop: Shop, kapow: str, z: Z, own: list[Json]) -> None:
    """A Z's totals, read back, are the sum of its sales in decimals."""
    found = (await shop.z(z.id, client=z.client, kapow=kapow))["totals"]
    payments = [payment for one in own for payment in one["transactionPayments"]]
    assert found["count"] == len(own)
    gross = sum((gross_of(one) for one in own), Decimal(0))
    assert abs(exact(found["gross"]) - gross) <= Decimal("0.005")
    assert exact(found["tips"]) == sum((exact(payment["amountTip"]) for payment in payments), Decimal(0))
    by_type = {one["paymentTypeName"]: exact(one["amountPurchase"]) for one in found["payments"]}
    for name in ("CASH", "Visa"):
        due = [exact(payment["amountPurchase"]) for payment in payments if payment["paymentTypeName"] == name]
        assert by_type.get(name, 0) == sum(due, Decimal(0))
    inclusive = [exact(line[f"incTax{level}"]) for one in own for line in lines_of(one) for level in (1, 2)]
    assert sum((exact(one["incTax"]) for one in found["taxes"]), Decimal(0)) == sum(inclusive, Decimal(0))
    reduced = [exact(one["amount"]) for sale in own for one in lines_of(sale) if "adjustmentName" in one and one["amount"] < 0]
    assert exact(found["discounts"]) == sum(reduced, Decimal(0))


async def compare_feed(shop: Shop, kapow: str, client: str, deeds: list[set[tuple[str, str, int, str]]]) -> None:
    """Each change once, those of a batch together, batches in their order, page by page."""
    found: list[tuple[str, str, int, str]] = []
    after, more = "", True
    while more:
        page = (await shop.get(f"changes?limit=7{after}", client=client, kapow=kapow)).json()
        found += [(one["type"], one["id"], one["version"], one["change"]) for one in page["changes"]]
        after, more = f"&after={page['next']}", page["more"]
    for together in deeds:
        chunk, found = found[: len(together)], found[len(together) :]
        assert set(chunk) == together
    assert found == []


async def test_any_history_is_stored_as_the_model_says(shop: Shop) -> None:
    def play() -> None:
        run_state_machine_as_test(machine(shop, call), settings=SETTINGS)

    def call(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        async def run() -> Any:
            return await function(*arguments, **named)

        return anyio.from_thread.run(run)

    await anyio.to_thread.run_sync(play)
