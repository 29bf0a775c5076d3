"""Every code has one sentence, from which its page is made."""

import re

import pytest
from powerepos.contract.codes import MEANINGS, Codes
from powerepos.contract.errors import ErrorCodes

PROMISED = """
sale.id_invalid sale.id_repeated_in_batch z.finalised sale.id_conflict outlet.forbidden z.not_found z.mismatch
sale.unbalanced payment.rounding sale.empty number.scale item.sign tax.mismatch tax.rate_missing adjustment.bucket
adjustment.exceeds_item payment.tip refund.exceeds date.trading_day date.future date.too_old date.order invoice.duplicate
invoice.gap item.unknown_plu currency.invalid batch.size sale.possible_duplicate text.pan number.range number.type
text.invalid json.duplicate_name sale.moved sale.in_other_z sale.reverted z.late currency.unsupported order.id_conflict
"""
"""Codes that the documentation names."""


def constants(holder: type) -> dict[str, str]:
    """Name to code."""
    return {name: value for name, value in vars(holder).items() if name.isupper()}


def test_every_code_has_a_meaning_and_every_meaning_a_code() -> None:
    codes = constants(Codes).values()
    assert len(set(codes)) == len(codes) > 80
    assert set(codes) == set(MEANINGS)


def test_no_code_means_two_things() -> None:
    assert set(constants(Codes).values()) & set(constants(ErrorCodes).values()) == set()


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_a_code_is_a_subject_and_what_is_with_it(code: str) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", code)


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_a_meaning_is_one_whole_sentence(code: str) -> None:
    sentence = MEANINGS[code].sentence
    assert re.fullmatch(r"[A-Z][^\n]{20,}[.?]", sentence)


@pytest.mark.parametrize("code", PROMISED.split())
def test_every_promised_code_exists(code: str) -> None:
    assert code in MEANINGS


def test_what_stops_nothing_is_a_warning() -> None:
    warnings = {code for code, meaning in MEANINGS.items() if meaning.warning}
    assert {"field.unknown", "tax.mismatch", "date.future", "z.late", "sale.moved", "invoice.duplicate"} <= warnings
    assert not {"sale.unbalanced", "text.pan", "item.unknown_plu", "number.scale", "batch.size"} & warnings
