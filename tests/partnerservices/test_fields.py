"""Numbers of fields, of any length that a body may have: in their unit, or refused; never a fault of ours."""

from decimal import Decimal, localcontext

import pytest

from powerepos_cloud.partnerservices.fields import EXACT, Fields, Units
from powerepos_cloud.partnerservices.findings import Findings

DIGITS = 1_100_000  # more than a decimal context takes unless told
NUMBERS: list[tuple[str, str | int]] = [
    ("12.3", 1230), ("-0", 0), ("1E+2", 10_000), ("1E-2", 1), ("999999999.99", 99_999_999_999), ("1." + "0" * DIGITS, 100),
    ("1E+18", "number.range"), ("-1000000000", "number.range"), ("1" * 30, "number.range"), ("1" * 5000, "number.range"),
    ("1" * DIGITS, "number.range"), ("1.001", "number.scale"), ("1" * 9 + "." + "1" * 5000, "number.scale"),
    (f"0.{'0' * DIGITS}1", "number.type"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), NUMBERS, ids=[f"{text[:12]}~{len(text)}" for text, _ in NUMBERS])
def test_a_number_is_read_exactly_or_refused_both_ways(text: str, expected: str | int) -> None:
    findings, unfit = Findings(), list[Decimal]()
    with localcontext(EXACT):
        value = Decimal(text)
        found = Fields(findings).scaled(value, 100, 10**9, "", "amount")
        at_once = Units(2, 10**9, unfit)[str(value)]
    if isinstance(expected, int):
        assert (found, at_once, findings.faults, unfit) == (expected, expected, [], [])
    else:
        assert ([fault.code for fault in findings.faults], unfit) == ([expected], [value])


def test_a_number_at_the_edge_is_told_what_it_must_be_within() -> None:
    findings = Findings()
    Fields(findings).scaled(Decimal(10**9), 100, 10**9, "/lineItems/0", "amount")
    (fault,) = findings.faults
    assert (fault.pointer, fault.expected) == ("/lineItems/0/amount", "above -1000000000 and below 1000000000")
