"""Whatever is sent in whatever order: what is stored is what a plain model says, to the last digit (a state machine).

The short form runs in every test run; TESTS_FUZZ=100 draws many more and longer histories.
"""

import copy
import uuid
from collections.abc import Callable
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
from tests.partnerservices.sales.model import CLIENTS, Json, Judge, Shelf, Submission, Z, contents, exact, gross_of, lines_of
from tests.partnerservices.sales.shop import Shop, new_id
from tests.support.drawing import LONG, TIMES

SETTINGS = settings(
    max_examples=5 * TIMES if LONG else 25,
    stateful_step_count=60 if LONG else 25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
DATES, TERMINALS = ("2024-11-30", "2024-12-01", "2024-12-02"), ("Web Shop", "Kiosk")


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
        loaded.setdefault(row.z_no, []).append((one, totals.warned_by(row.warnings)))
        await compare_parts(shop, row.sale_no)
    for z_no, z_id in numbers.items():
        kept = await shop.database.read(lambda session, n=z_no: store.cells(session, n))
        counted = totals.recount(loaded.get(z_no, []))
        assert {key: cell[1] for key, cell in kept.items()} == {key: cell[1] for key, cell in counted.items()}
        compare_hours_and_cash(kept, [one.content for one in shelf.sales.values() if one.z.id == z_id])
    for z in shelf.zs:
        await compare_totals(shop, kapow, z, [one.content for one in shelf.sales.values() if one.z is z])
    for client in CLIENTS:
        await compare_feed(shop, kapow, client, shelf.feed[client])


def compare_hours_and_cash(kept: totals.Cells, own: list[Json]) -> None:
    """What only the merchant's pages show of a Z's kept totals is the sum of its sales in decimals."""
    by_hour: dict[str, list[Json]] = {}
    for one in own:
        by_hour.setdefault(one["dateTimeClosed"][11:13], []).append(one)
    hours = {key: cell[1] for (kind, key), cell in kept.items() if kind == totals.HOUR}
    assert hours == {
        hour: [len(many), int(sum(map(gross_of, many)) * 10**7), int(sum(map(tax_of, many)) * 10**7)]
        for hour, many in by_hour.items()
    }
    measures = kept[totals.ALL, ""][1] if own else [0] * len(totals.MEASURES[totals.ALL])
    whole = dict(zip(totals.MEASURES[totals.ALL], measures, strict=True))
    for name, taken in (("cash", True), ("collected", None)):
        assert whole[name] == 100 * sum((collected_of(one, cash=taken) for one in own), Decimal(0))


def tax_of(one: Json) -> Decimal:
    """Inclusive and exclusive taxes of a sale."""
    names = [f"{side}Tax{level}" for side in ("inc", "ex") for level in range(1, 5)]
    return sum((exact(line.get(name, 0)) for line in lines_of(one) for name in names), Decimal(0))


def collected_of(one: Json, *, cash: bool | None) -> Decimal:
    """What was handed over, in cash or (None) in all: the rounding counts on top where the payments cover the sale without."""
    payments = one["transactionPayments"]
    paid = sum((exact(payment["amountPurchase"]) for payment in payments), Decimal(0))
    rounded = sum((exact(payment.get("amountRounded", 0)) for payment in payments), Decimal(0))
    is_apart = bool(rounded) and abs(paid - gross_of(one)) < abs(paid - rounded - gross_of(one))
    counted = [payment for payment in payments if cash is None or payment["affectsCID"] == cash]
    handed = (
        exact(each["amountPurchase"]) + exact(each["amountTip"]) + (exact(each.get("amountRounded", 0)) if is_apart else 0)
        for each in counted
    )
    return sum(handed, Decimal(0))


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
