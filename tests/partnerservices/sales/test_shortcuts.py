"""What is passed over for speed is what would have been found in order: the ways around the checks, held against them."""

from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from powerepos.contract.sales import PartnerSalesTransaction

from powerepos_cloud.partnerservices.fields import EXACT, Units
from powerepos_cloud.partnerservices.findings import Findings
from powerepos_cloud.partnerservices.sales.model import Item, Payment, Sale
from powerepos_cloud.partnerservices.sales.normal import Normaliser
from powerepos_cloud.partnerservices.sales.times import Ordinary, check_times, ordinary_times
from tests.partnerservices.sales.shop import sale

NONE = (0, 0, 0, 0)
NOON = datetime.fromisoformat("2026-11-24 12:00:00")
ZONES = ("Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Auckland")

# Around the nights in which the clocks of these zones are switched, and around the limits of old and future.
days = st.sampled_from([date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 24), date(2026, 11, 1)])
apart = st.builds(timedelta, minutes=st.integers(-1700, 1700), milliseconds=st.sampled_from([0, 1, 999]))


def of(closed_at: str, ordered_at: list[str], paid_at: list[str]) -> Sale:
    """A sale with these times."""
    items = [Item(None, at, 0, 100, 0, 100, 0, NONE, NONE, NONE, 1, None, None, None, ()) for at in ordered_at]
    payments = [Payment(None, at, 100, 0, 0, False, "Visa") for at in paid_at]
    return Sale(closed_at, "1", (None, None, None, None), tuple(items), (), tuple(payments), None)


@given(
    days, st.sampled_from(ZONES), st.sampled_from(["00:00", "02:30", "03:00", "06:00"]), apart, st.lists(apart, max_size=2),
    st.lists(apart, max_size=2), st.sampled_from([timedelta(0), timedelta(days=-1), timedelta(days=400), timedelta(days=401)]),
)  # fmt: skip
def test_of_times_called_ordinary_no_check_has_anything_to_say(
    day: date, zone: str, day_start: str, closed: timedelta, ordered: list[timedelta], paid: list[timedelta], since: timedelta
) -> None:
    noon = datetime.combine(day, NOON.time())
    local_now = noon + timedelta(hours=12) + since
    at = [(noon + one).isoformat(" ", "milliseconds") for one in (closed, *ordered, *paid)]
    one = of(at[0], at[1 : 1 + len(ordered)], at[1 + len(ordered) :])
    findings = Findings()
    check_times(one, day.isoformat(), day_start, zone, local_now, findings)
    if ordinary_times(day.isoformat(), day_start, zone, local_now).has(one):
        assert findings.warnings == []


def test_the_times_of_a_usual_sale_are_ordinary() -> None:
    ordinary = ordinary_times("2026-11-24", "03:00", "Europe/London", NOON)
    assert ordinary == Ordinary("2026-11-24 03:00:00.000", "2026-11-24 12:10:00.000")
    closed = "2026-11-24 11:59:00.000"
    assert ordinary.has(of(closed, [closed, closed], [closed]))
    assert ordinary.has(of(closed, ["2026-11-24 11:00:00.000"], ["2026-11-24 11:58:00.000"]))
    assert not ordinary.has(of(closed, ["2026-11-24 11:58:30.000"], ["2026-11-24 11:58:00.000"]))


@pytest.mark.parametrize("trading_date", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_there_is_are_looked_at_closely(trading_date: str) -> None:
    ordinary = ordinary_times(trading_date, "03:00", "Europe/London", NOON)
    assert not ordinary.has(of(f"{trading_date} 12:00:00.000", [], []))


@given(
    st.sampled_from([0, 2, 7, 8]).flatmap(lambda places: st.decimals(-(10**10), 10**10, places=places))
    | st.builds(lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-999, 999), st.integers(-9, 9))
)
def test_a_unit_is_exact_or_what_does_not_fit_is_told_each_time(value: Decimal) -> None:
    unfit: list[Decimal] = []
    units = Units(7, 10**9, unfit)
    with localcontext(EXACT):
        first, second = units[str(value)], units[str(value)]
        is_fit = abs(value) < 10**9 and value * 10**7 % 1 == 0
        assert unfit == ([] if is_fit else [value, value])
        assert first == second
        assert not is_fit or first == value * 10**7
        assert abs(value) >= 10**9 or abs(first - value * 10**7) <= Decimal("0.5")


def test_of_two_sales_with_the_same_wrong_numbers_both_are_told() -> None:
    line = {"amount": 11.505, "incTax1": 1.50000001, "exTax2": 10**9, "pluNumber": 2040}
    one = msgspec.json.decode(msgspec.json.encode(sale(transactionItems=[line])), type=PartnerSalesTransaction)
    normaliser, found = Normaliser(), [Findings(), Findings()]
    with localcontext(EXACT):
        for findings in found:
            normaliser.sale(one, findings)
    for findings in found:
        assert [(fault.code, fault.pointer) for fault in findings.faults] == [
            ("number.scale", "/transactionItems/0/amount"), ("number.range", "/transactionItems/0/exTax2"),
        ]  # fmt: skip
        assert [(fault.code, fault.pointer) for fault in findings.warnings] == [("number.rounded", "/transactionItems/0/incTax1")]
