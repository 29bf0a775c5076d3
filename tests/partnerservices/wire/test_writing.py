"""Answers hold numbers in full: money with two decimals, others without trailing zeros, never an exponent."""

import json
import re
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from powerepos.contract.sales import PartnerSalesTransactionItem, PartnerSalesTransactionPayment

from powerepos_cloud.partnerservices.wire import money, quantity, read, tax, write
from tests.partnerservices.wire.documents import many


class Answer(msgspec.Struct):
    """An answer with a number and texts around it."""

    before: str
    number: Decimal
    after: str = ""


def written(number: Decimal) -> str:
    """The number as it is written."""
    found = re.fullmatch(rb'\{"before":"","number":([^,]*),"after":""\}', write(Answer("", number)))
    assert found
    return found[1].decode()


@pytest.mark.parametrize(
    ("hundredths", "text"),
    [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (1230, "12.30"), (-345, "-3.45"), (10**11 - 1, "999999999.99"),
     (10**30, "1" + "0" * 28 + ".00")],
)  # fmt: skip
def test_money_has_two_decimals(hundredths: int, text: str) -> None:
    assert written(money(hundredths)) == text


@pytest.mark.parametrize(
    ("ten_millionths", "text"),
    [(0, "0"), (1, "0.0000001"), (-9, "-0.0000009"), (10, "0.000001"), (6521739, "0.6521739"), (15_000_000, "1.5"),
     (10_000_000, "1"), (1_000_000_000_000, "100000"), (-10**16, "-1000000000")],
)  # fmt: skip
def test_taxes_have_no_trailing_zeros_and_no_exponent(ten_millionths: int, text: str) -> None:
    assert written(tax(ten_millionths)) == text


@pytest.mark.parametrize(
    ("units", "decimals", "text"), [(100, 2, "1"), (150, 2, "1.5"), (25, 1, "2.5"), (8250, 3, "8.25"), (5, 0, "5"), (50, 0, "50")]
)
def test_quantities_have_no_trailing_zeros(units: int, decimals: int, text: str) -> None:
    assert written(quantity(units, decimals)) == text


@many
@given(st.integers(-(10**40), 10**40), st.integers(0, 9))
def test_every_number_is_written_exactly(units: int, decimals: int) -> None:
    text = written(quantity(units, decimals))
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", text)
    assert Fraction(text) * 10**decimals == units
    assert written(money(units)) == f"{'-' if units < 0 else ''}{abs(units) // 100}.{abs(units) % 100:02}"


@many
@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=None, min_value=-(10**18), max_value=10**18), st.text(), st.text()
)
def test_nothing_but_numbers_is_touched(number: Decimal, before: str, after: str) -> None:
    texts = (before.encode(errors="replace").decode(), after.encode(errors="replace").decode())
    raw = write(Answer(texts[0], number, texts[1]))
    back = json.loads(raw, parse_float=Decimal, parse_int=Decimal)
    assert (back["before"], back["number"], back["after"]) == (texts[0], number, texts[1])


@pytest.mark.parametrize("text", ["1E-7", '":1E-7,"', '\\":1E+5', "5E-3F", "E-E+", "\\", '"'])
def test_texts_that_look_like_numbers_stay(text: str) -> None:
    raw = write(Answer(text, Decimal("1E-7"), text))
    assert json.loads(raw, parse_float=str) == {"before": text, "number": "0.0000001", "after": text}


def test_what_is_written_is_read_back_the_same() -> None:
    item = PartnerSalesTransactionItem(amount=money(-1230), inc_tax1=tax(1), sale_qty=quantity(150, 2), plu_number=2040)
    assert read(write(item), PartnerSalesTransactionItem).value == item
    payment = PartnerSalesTransactionPayment(amount_purchase=money(5), payment_type_name="Visa")
    assert read(write(payment), PartnerSalesTransactionPayment).value == payment
