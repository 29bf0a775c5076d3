"""GUIDs, times and dates as contract section 6 has them."""

import uuid
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerepos_cloud.partnerservices.wire import LocalDateTime, are_plain_guids, guid, local_datetime, trading_date
from tests.partnerservices.wire.documents import many

GUID = "5d2f1c90-6b7e-4a58-9c31-77e0a4b8d201"


@pytest.mark.parametrize(
    "text",
    [GUID, GUID.upper(), GUID.replace("-", ""), "{" + GUID + "}", "{" + GUID.replace("-", "").upper() + "}", GUID.title()],
)
def test_guids_are_compared_as_values(text: str) -> None:
    assert guid(text) == GUID


@many
@given(st.uuids(), st.booleans(), st.booleans(), st.booleans())
def test_every_guid_is_read(value: uuid.UUID, is_upper: bool, has_hyphens: bool, has_braces: bool) -> None:
    text = str(value) if has_hyphens else value.hex
    text = f"{{{text}}}" if has_braces else text
    assert guid(text.upper() if is_upper else text) == str(value)


@many
@given(
    st.lists(
        st.uuids().map(str)
        | st.builds(
            lambda value, place, other: str(value)[:place] + other + str(value)[place + 1 :],
            st.uuids(), st.integers(0, 36), st.sampled_from(["", "-", "--", "A", "g", "é", "٣", "\n", "{", "0"]),
        ),
        max_size=4,
    )
)  # fmt: skip
def test_many_are_plain_guids_if_each_is_its_own_canonical_form(texts: list[str]) -> None:
    assert are_plain_guids(texts) is all(guid(text) == text for text in texts)


def test_guids_of_wrong_lengths_or_with_hyphens_elsewhere_are_not_plain() -> None:
    for texts in ([GUID[:-1], GUID + "0"], [GUID + "0", GUID[1:]], [GUID, GUID[:8] + GUID[9] + "-" + GUID[10:]]):
        assert not are_plain_guids(texts), texts


@pytest.mark.parametrize(
    "text",
    ["", GUID[:-1], GUID + "0", "{" + GUID, GUID + "}", " " + GUID, GUID + "\n", "g" + GUID[1:], "urn:uuid:" + GUID,
     "(" + GUID + ")", "٥" + GUID[1:], "x" * 100_000],
)  # fmt: skip
def test_what_is_no_guid_is_none(text: str) -> None:
    assert guid(text) is None


@pytest.mark.parametrize(
    ("text", "plain", "offset"),
    [
        ("2024-11-30 18:05:09", "2024-11-30 18:05:09.000", None),
        ("2024-11-30T18:05:09", "2024-11-30 18:05:09.000", None),
        ("2024-11-30 18:05:09.250", "2024-11-30 18:05:09.250", None),
        ("2024-11-30 18:05:09.5", "2024-11-30 18:05:09.500", None),
        ("2024-11-30 18:05:09.999999999", "2024-11-30 18:05:09.999", None),
        ("2024-11-30T18:05:09Z", "2024-11-30 18:05:09.000", 0),
        ("2024-11-30T18:05:09.1234567Z", "2024-11-30 18:05:09.123", 0),
        ("2024-11-30T18:05:09+13:00", "2024-11-30 18:05:09.000", 780),
        ("2024-11-30T18:05:09-03:30", "2024-11-30 18:05:09.000", -210),
        ("2024-11-30 18:05:09.25-00:30", "2024-11-30 18:05:09.250", -30),
        ("2024-02-29 00:00:00", "2024-02-29 00:00:00.000", None),
        ("2024-11-30", "2024-11-30 00:00:00.000", None),
    ],
)
def test_times_are_the_wall_clock_whatever_zone_comes_with_them(text: str, plain: str, offset: int | None) -> None:
    assert local_datetime(text) == LocalDateTime(plain, offset is not None, offset)


@many
@given(st.datetimes(min_value=datetime(1000, 1, 1)), st.sampled_from(" T"), st.integers(-17 * 60, 17 * 60))  # noqa: DTZ001
def test_every_time_is_cut_to_milliseconds(time: datetime, between: str, offset: int) -> None:
    zoned = time.replace(tzinfo=timezone(timedelta(minutes=offset)) if offset else UTC)
    cut = time.replace(microsecond=time.microsecond // 1000 * 1000)
    for text, minutes in ((time.isoformat(between), None), (zoned.isoformat(between), offset)):
        found = local_datetime(text)
        assert found is not None
        assert (found.value, found.offset_minutes) == (cut, minutes)


@pytest.mark.parametrize(
    "text",
    ["", "2024-11-30 18:05", "2024-11-30 24:00:00", "2024-11-30 18:60:00", "2024-11-30 18:05:60", "2024-02-30 00:00:00",
     "2023-02-29 00:00:00", "2024-13-01 00:00:00", "0000-01-01 00:00:00", "24-11-30 18:05:09", "30.11.2024 18:05:09",
     "2024-11-30  18:05:09", " 2024-11-30 18:05:09", "2024-11-30 18:05:09 ", "2024-11-30 18:05:09\n", "2024-11-30_18:05:09",
     "2024-11-30 18:05:09.", "2024-11-30 18:05:09.1234567890", "2024-11-30 18:05:09,250", "2024-11-30 18:05:09+1300",
     "2024-11-30 18:05:09+13", "2024-11-30 18:05:09+25:00", "2024-11-30 18:05:09+13:60", "2024-11-30 18:05:09 Z",
     "20241130T180509", "2024-W48-6T18:05:09", "2024-11-30Z", "٢٠٢٤-11-30 18:05:09", "1732989909"],
)  # fmt: skip
def test_what_is_no_time_is_none(text: str) -> None:
    assert local_datetime(text) is None


def test_a_trading_date_is_a_date() -> None:
    assert trading_date("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "text", ["", "2023-02-29", "2024-2-29", "20240229", "2024-W09-4", "2024/02/29", "2024-02-29 ", "٢٠٢٤-02-29"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert trading_date(text) is None
