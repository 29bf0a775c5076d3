"""Forms are read strictly: what any client library writes comes back as it was, what is malformed is never repaired."""

import re
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerepos_cloud.http.forms import FormFault, is_form, read_form

LIMITS = {"a": 40, "b": 40, "scope": 400}
NAMES = st.sampled_from([*LIMITS, "unknown", "", "ä"])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@given(st.dictionaries(st.sampled_from(list(LIMITS)), TEXT.filter(bool)), st.sampled_from([quote, quote_plus]))
def test_what_a_library_encodes_comes_back_as_it_was(form: dict[str, str], how: Any) -> None:
    assert read_form(urlencode(form, quote_via=how).encode(), LIMITS) == form


@given(st.lists(st.tuples(NAMES, TEXT)))
def test_each_form_is_read_as_the_standard_library_reads_it_or_refused(pairs: list[tuple[str, str]]) -> None:
    body = urlencode(pairs).encode()
    expected = [(name, value) for name, value in parse_qsl(body.decode(), keep_blank_values=True) if name in LIMITS]
    if len(dict(expected)) < len(expected):
        with pytest.raises(FormFault, match="is repeated"):
            read_form(body, LIMITS)
    else:
        assert read_form(body, LIMITS) == {name: value for name, value in expected if value}


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"a", b"=", b"&", b"%", b"+", b"00", b"ff", b"\xff", b"b="])).map(b"".join)
)
def test_any_bytes_are_a_form_or_a_fault_that_echoes_nothing(body: bytes) -> None:
    try:
        form = read_form(body, LIMITS)
    except FormFault as fault:
        text = str(fault)
        assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", text)
        quoted = [word for word in re.findall(rb"[^&=%+]{3,}", body) if word.decode("latin-1") not in LIMITS]
        assert not any(word.decode("latin-1") in text for word in quoted if not word.isspace() and len(word) > 12)
    else:
        assert set(form) <= set(LIMITS)
        assert all(value and "\0" not in value and len(value) <= LIMITS[name] for name, value in form.items())


def test_a_limit_counts_characters_not_bytes() -> None:
    assert read_form(b"a=" + quote("é" * 40).encode(), LIMITS) == {"a": "é" * 40}
    with pytest.raises(FormFault, match="a is too long: at most 40"):
        read_form(b"a=" + quote("é" * 41).encode(), LIMITS)


def test_what_an_equals_sign_or_its_absence_means() -> None:
    assert read_form(b"a=b=c&b", LIMITS) == {"a": "b=c"}
    assert read_form(b"", LIMITS) == {}
    assert read_form(b"&&&=&=x", LIMITS) == {}
    with pytest.raises(FormFault, match="a is repeated"):
        read_form(b"a&a=1", LIMITS)
    with pytest.raises(FormFault, match="a is repeated"):
        read_form(b"a=1&%61=1", LIMITS)
    assert read_form(b"a=1;b=2", LIMITS) == {"a": "1;b=2"}  # a semicolon separates nothing (WHATWG URL section 5.1)


def test_a_content_type_is_this_form_only_in_utf_8() -> None:
    form = "application/x-www-form-urlencoded"
    for content_type in (form, form.upper(), f"{form};charset=utf-8", f'{form} ; Charset="UTF-8"', f"{form};", f"{form}; x=y"):
        assert is_form(content_type), content_type
    for content_type in (
        "", "application/json", f"{form}x", f"x{form}", f"{form}; charset=latin-1", f"{form}; charset=",
        f"{form}; charset=utf-8; charset=utf-16", f"{form}, {form}", f"{form} {form}",
    ):  # fmt: skip
        assert not is_form(content_type), content_type
