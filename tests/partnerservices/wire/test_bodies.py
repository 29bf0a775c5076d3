"""Bodies that cannot be read at all, and why: where, in words that help."""

import pytest
from powerepos.contract.sales import PartnerZReportRequest

from powerepos_cloud.partnerservices.wire import JsonFault, read, read_order
from tests.partnerservices.wire.documents import read_batch

OUTLET = '"outletID":"b1c7d0a4-52e9-4b0e-9a63-0d7f6f2e8c11"'


def refusal(body: str | bytes) -> JsonFault:
    """Why the body is not read, by whichever reader: all three say the same."""
    raw = body if isinstance(body, bytes) else body.encode()
    faults = []
    for reader in (lambda raw: read(raw, PartnerZReportRequest), read_batch, read_order):
        with pytest.raises(JsonFault) as raised:
            reader(raw)
        faults.append(raised.value)
    assert len({(fault.code, fault.message, fault.line, fault.column, fault.pointer) for fault in faults}) == 1
    return faults[0]


def place(fault: JsonFault) -> tuple[str, int | None, int | None]:
    """Its code, line and column."""
    return fault.code, fault.line, fault.column


@pytest.mark.parametrize(
    ("body", "line", "column", "words"),
    [
        ('{"a":1,}', 1, 7, "a comma too many"),
        ('{\n  "a": [1, 2,\n ]\n}', 2, 13, "a comma too many"),
        ('{\r\n "é": 1 ,\r\n}', 2, 9, "a comma too many"),
        ('{"a":1', 1, 7, "ends before it is complete"),
        ('{"a":', 1, 6, "ends before it is complete"),
        ('{"a":"b', 1, 6, "no end"),
        ('{"a" 1}', 1, 6, "colon"),
        ('{"a":1 "b":2}', 1, 8, "comma or the closing bracket"),
        ("{'a':1}", 1, 2, "name in double quotes"),
        ('{"a":01}', 1, 7, "comma or the closing bracket"),
        ('{"a":.5}', 1, 6, "value should stand here"),
        ('{"a":+1}', 1, 6, "value should stand here"),
        ('{"a":undefined}', 1, 6, "value should stand here"),
        ('{"a":"\x01"}', 1, 7, "control character"),
        ('{"a":"\n"}', 1, 7, "control character"),
        ('{"a":"\\x41"}', 1, 7, "backslash"),
        ('{"a":"\\u12g4"}', 1, 8, "backslash"),
        ('{"a":1} {"b":2}', 1, 9, "after the end"),
        ("grant_type=password", 1, 1, "value should stand here"),
    ],
)
def test_what_is_no_json_is_told_with_line_and_column(body: str, line: int, column: int, words: str) -> None:
    fault = refusal(body)
    assert place(fault) == ("json.malformed", line, column)
    assert words in fault.message
    assert fault.message.endswith(f" (line {line}, column {column}).")


@pytest.mark.parametrize("body", ["", " \r\n\t "])
def test_an_empty_body_is_called_empty(body: str) -> None:
    assert "empty" in refusal(body).message


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [("[]", 1, 1), ("null", 1, 1), ("1", 1, 1), ('"text"', 1, 1), ("  true", 1, 3), (" \n [{}]", 2, 2), ("NaN", 1, 1)],
)
def test_a_body_must_be_an_object(body: str, line: int, column: int) -> None:
    assert place(refusal(body)) == ("json.not_object", line, column)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "UTF-16"),
        ("{}".encode("utf-16-le"), "UTF-16"),
        (b'{"a":"\xe9"}', "0xe9"),
        (b'{"a":"\xed\xa0\x80"}', "0xed"),
        (b'{"a":"\xc0\x80"}', "0xc0"),
        (b"{\xff}", "0xff"),
    ],
)
def test_other_encodings_than_utf_8_are_told(body: bytes, words: str) -> None:
    fault = refusal(body)
    assert fault.code == "json.encoding"
    assert words in fault.message


def test_the_place_of_a_wrong_byte_is_counted_in_characters() -> None:
    assert place(refusal('{"ab":\n"éé'.encode() + b"\xff")) == ("json.encoding", 2, 4)


@pytest.mark.parametrize("levels", [33, 34, 500, 3_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_more_than_32_levels_are_too_many(levels: int, opening: str, closing: str) -> None:
    inner = levels - 1
    fault = refusal('{"deep":' + opening * inner + "1" + closing * inner + "}")
    assert fault.code == "json.nesting"
    assert (fault.line, fault.column) == (1, len('{"deep":') + 31 * len(opening) + 1)
    assert fault.pointer.startswith("/deep")


def test_in_a_very_long_body_no_place_is_looked_for() -> None:
    padding = '"' + "x" * (1024 * 1024) + '"'
    twice = refusal(f'{{"a":{padding},"b":{{"c":1,"d":2,"C":3}}}}')
    assert (place(twice), "name C " in twice.message) == (("json.duplicate_name", None, None), True)
    for levels in (40, 5_000):
        deep = refusal('{"a":' + padding + ',"b":' + "[" * levels + "]" * levels + "}")
        assert place(deep) == ("json.nesting", None, None)


def test_32_levels_are_not_too_many() -> None:
    body = "{" + OUTLET + ',"deep":' + "[" * 31 + '"]{[[["' + "]" * 31 + "}"
    reading = read(body.encode(), PartnerZReportRequest)
    assert reading.value is not None
    assert [(warning.code, warning.pointer) for warning in reading.warnings] == [("field.unknown", "/deep")]


def test_levels_that_are_never_closed_are_too_many_all_the_same() -> None:
    assert refusal("[" * 100_000).code == "json.nesting"
    assert refusal('{"a":' * 100_000).code == "json.nesting"


@pytest.mark.parametrize(
    ("body", "column", "pointer"),
    [
        ('{"a":1,"a":2}', 8, "/a"),
        ('{"a":1,"A":2}', 8, "/A"),
        ('{"a":1,"\\u0061":2}', 8, "/a"),
        ('{"a":1, "b":{"c":[0,{"x/y~":1 , "X/Y~":1}]}}', 33, "/b/c/1/X~1Y~0"),
        ('{"straße":1,"STRASSE":2}', 13, "/STRASSE"),
        ('{"é":1,"e\u0301":2}', 8, "/e\u0301"),
        ('{"outletID":"o","outletID":"o"}', 17, "/outletID"),
        ('{"sales":[{"a":{"b":1}},{"a":{"b":1,"b":1}}]}', 37, "/sales/1/a/b"),
    ],
)
def test_a_name_given_twice_is_told_letter_case_aside(body: str, column: int, pointer: str) -> None:
    fault = refusal(body)
    assert place(fault) == ("json.duplicate_name", 1, column)
    assert fault.pointer == pointer


@pytest.mark.parametrize("body", ['{"a":{"a":{"a":1}}}', '{"a":[{"b":1},{"b":1}]}', '{"a":"\\"a\\":1","b":"a"}'])
def test_the_same_name_in_different_objects_is_no_repetition(body: str) -> None:
    reading = read(body.encode(), PartnerZReportRequest)
    assert [fault.code for fault in reading.faults] == ["field.missing"]


def test_spaces_and_colons_in_texts_do_not_hide_a_repetition() -> None:
    hidden = '{"outletID":"::\\u003a\\":","zReportID" : ":" , "zReportID":"::"}'
    assert refusal(hidden).code == "json.duplicate_name"
