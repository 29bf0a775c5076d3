"""What looks alike, and what that costs at worst."""

import time

import pytest

from powerepos_cloud.partnerservices.catalogue.similar import Similar

KNOWN = ["MILK-2L", "MILK-1L", "BUTTER-1KG", "BEANS-1KG", "SAUCE-5L", "--", "日本"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MILK-2L", "MILK-2L"),
        ("milk 2 l", "MILK-2L"),
        ("MLIK-2L", "MILK-2L"),
        ("1MILK-2L", "MILK-2L"),
        ("BUTER-1KG", "BUTTER-1KG"),
        ("SAUCE", "SAUCE-5L"),
        ("--", "--"),
        ("日本", "日本"),
    ],
)
def test_the_likest_comes_first(text: str, found: str) -> None:
    assert Similar(KNOWN).to(text, 5)[0] == found


@pytest.mark.parametrize("text", ["", "Q", "WXYZ-999", "\0"])
def test_nothing_is_offered_that_does_not_look_like_it(text: str) -> None:
    assert Similar(KNOWN).to(text, 5) == []


def test_nothing_known_is_nothing_alike() -> None:
    assert Similar([]).to("MILK", 5) == []


def test_a_thousand_wrong_codes_against_ten_thousand_keep_nobody_waiting() -> None:
    known = [f"ITEM-{n:05}-KG" for n in range(10_000)]
    started = time.process_time()
    similar = Similar(known)
    for n in range(1024):
        similar.to(f"ITEM-{n:05}-LB", 5)
    assert time.process_time() - started < 5
