"""The model that histories of batches are held against: what is sent, and the contract told again as plainly as can be."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

CLIENTS = ("clientone", "clienttwo")

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
