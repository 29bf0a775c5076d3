"""What a catalogue may hold."""

import pytest

from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.partnerservices.catalogue import rules
from powerepos_cloud.partnerservices.catalogue.rules import (
    ProductRow,
    Row,
    SupplierCodeRow,
    SupplierRow,
    TaxGroup,
    TaxLevel,
)
from tests.partnerservices.catalogue.shop import code, gst, product


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (product(0), "pluNumber"),
        (product(2**31), "pluNumber"),
        (product(1, "n" * 51), "pluName"),
        (product(1, group="g" * 33), "groupName"),
        (product(1, main_group=" "), "mainGroupName"),
        (product(1, tax_group="t" * 33), "taxGroupName"),
        (SupplierRow(name="s" * 65), "supplierName"),
        (SupplierRow(name="A\nB"), "supplierName"),
        (SupplierRow(id="7", name="A"), "supplierID"),
        (SupplierRow(id="00000000-0000-0000-0000-000000000000", name="A"), "supplierID"),
        (code("c" * 19, 1), "supplierProductCode"),
        (code("C", -1), "pluNumber"),
        (gst(-1), "tax1Rate"),
        (gst(1_000_000), "tax1Rate"),
        (gst(1, "t" * 33), "taxGroupName"),
        (TaxGroup("A", (None, TaxLevel("x" * 33, 0, True), None, None)), "tax2Name"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(row: Row, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked(row)
    assert refused.value.field == field


def test_texts_are_trimmed_and_brought_to_one_form() -> None:
    row = rules.checked(product(1, " Cafe\u0301 ", tax_group=None))
    assert row == product(1, "Café", tax_group=None)
    guid = "{4F1A9C7E82D34B609E5AC7D0B2F8E614}"
    assert rules.checked(SupplierRow(id=guid, name="A ")) == SupplierRow(id="4f1a9c7e-82d3-4b60-9e5a-c7d0b2f8e614", name="A")
    assert rules.checked(SupplierCodeRow(supplier_name=" A", code=" X ", number=1)) == code("X", 1, "A")


def test_the_longest_of_everything_fits() -> None:
    assert isinstance(rules.checked(product(rules.HIGHEST_NUMBER, "n" * 50, group="g" * 32, main_group="m" * 32)), ProductRow)
    assert isinstance(rules.checked(SupplierRow(name="s" * 64)), SupplierRow)
    assert isinstance(rules.checked(code("c" * 18, 1)), SupplierCodeRow)


@pytest.mark.parametrize(
    ("text", "thousandths"), [("0", 0), ("8.25", 8_250), ("15", 15_000), ("0.001", 1), ("12.5000", 12_500), ("999.999", 999_999)]
)
def test_a_rate_has_three_decimals(text: str, thousandths: int) -> None:
    assert rules.read_rate("tax1Rate", text) == thousandths
    assert rules.read_rate("tax1Rate", rules.rate_text(thousandths)) == thousandths


@pytest.mark.parametrize("text", ["", "1000", "8.2505", "8,25", "15%", "-1", "+1", "1e1", ".5", "5.", "٣", "NaN", "9" * 30])
def test_anything_else_is_no_rate(text: str) -> None:
    with pytest.raises(Invalid):
        rules.read_rate("tax1Rate", text)


def test_names_run_together_differ_from_names_apart() -> None:
    assert rules.names_key("a", "b c", "d") != rules.names_key("a b", "c", "d")
