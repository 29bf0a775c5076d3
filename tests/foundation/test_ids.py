"""Identifiers that we choose, and lists of words in one column."""

import re
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.ids import new_account_id, new_client_id, new_id, new_instance_id, parse_guid
from powerepos_cloud.foundation.json_lists import dump_list, load_list


def test_a_new_id_is_a_uuid_of_version_7_in_the_order_of_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert {uuid.UUID(one).version for one in ids} == {7}
    assert [str(uuid.UUID(one)) for one in ids] == ids == sorted(ids)
    made_at = int(ids[-1].replace("-", "")[:12], 16)
    assert abs(made_at - SystemClock().now_ms()) < 10_000


@pytest.mark.parametrize(
    ("make", "form"),
    [
        (new_client_id, r"[a-z2-7]{24}"),
        (new_account_id, r"svc-[a-z2-7]{20}"),
        (new_instance_id, r"si[a-z2-7]{22}"),
    ],
)
def test_public_ids_have_their_form_and_never_repeat(make: Callable[[], str], form: str) -> None:
    made = {make() for _ in range(2000)}
    assert len(made) == 2000
    assert all(re.fullmatch(form, one) for one in made)
    assert len({one[-1] for one in made}) == 32  # the last character carries five random bits like any other


@given(st.uuids())
def test_a_guid_is_taken_in_every_usual_form(guid: uuid.UUID) -> None:
    plain = str(guid)
    for form in (plain, plain.upper(), guid.hex, f"{{{plain}}}", f"{{{guid.hex.upper()}}}"):
        assert parse_guid(form) == plain


@pytest.mark.parametrize("text", ["", "x" * 36, "0" * 31, "0" * 33, "{" + "0" * 32, "0" * 32 + "}", "0" * 32 + "\n", "٠" * 32])
def test_anything_else_is_no_guid(text: str) -> None:
    with pytest.raises(ValueError, match="not a GUID"):
        parse_guid(text)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_a_list_of_words_comes_back_as_it_was(words: list[str]) -> None:
    assert load_list(dump_list(words)) == words
    assert dump_list(tuple(words)) == dump_list(words)
