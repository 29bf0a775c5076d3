"""Files say in what they hold exactly what goes out, and each thing that is wrong with them by line and column."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.partnerservices.catalogue import columns, files, rules
from powerepos_cloud.partnerservices.catalogue.files import Format
from powerepos_cloud.partnerservices.catalogue.rules import (
    Item,
    Kind,
    Product,
    ProductRow,
    Row,
    Supplier,
    SupplierCode,
    SupplierCodeRow,
    SupplierRow,
    TaxGroup,
    TaxLevel,
)
from powerepos_cloud.partnerservices.catalogue.sheet import UnreadableFile
from tests.partnerservices.catalogue.shop import gst, told

# What spreadsheets, CSV and JSON could stumble over, more often than chance would bring it.
_SIGNS = st.one_of(st.sampled_from("'=+-@,;\"\\ ＝＋－＠é0aZ😀\u00a0\ufeff"), st.characters(codec="utf-8"))


def texts(longest: int) -> st.SearchStrategy[str]:
    """Every text that the catalogue can hold, in the form in which it holds it."""

    def normal(text: str) -> str | None:
        try:
            return rules.line("text", text, longest)
        except Invalid:
            return None

    return st.text(_SIGNS, min_size=1, max_size=longest).map(normal).filter(lambda text: text is not None)  # type: ignore[arg-type, return-value]


_LEVEL = st.builds(TaxLevel, texts(32), st.integers(0, rules.HIGHEST_RATE), st.booleans())
_TAX_GROUPS = st.builds(TaxGroup, texts(32), st.tuples(*(st.none() | _LEVEL for _ in range(4))))
_NUMBERS = st.integers(1, rules.HIGHEST_NUMBER)
_ITEMS: dict[Kind, st.SearchStrategy[Item]] = {
    Kind.TAX_GROUPS: _TAX_GROUPS,
    Kind.PRODUCTS: st.builds(Product, _NUMBERS, texts(50), texts(32), texts(32), st.none() | st.just("gst 15"), st.booleans()),
    Kind.SUPPLIERS: st.builds(
        Supplier, st.uuids().filter(lambda guid: guid.int != 0).map(str), texts(64), st.none() | st.just("gst 15")
    ),
    Kind.SUPPLIER_CODES: st.builds(SupplierCode, st.just("id"), texts(18), _NUMBERS),
}
GROUPS = {"gst 15": gst()}
SUPPLIERS = {"id": '\'=Southern, "Dairy"'}


def expected(item: Item) -> Row:
    """The row that an item must come back as."""
    name = "GST 15" if getattr(item, "tax_group", None) else None
    if isinstance(item, Product):
        return ProductRow(
            number=item.number,
            name=item.name,
            group=item.group,
            main_group=item.main_group,
            tax_group=name,
            active=item.active,
        )
    if isinstance(item, Supplier):
        return SupplierRow(id=item.id, name=item.name, tax_group=name)
    if isinstance(item, SupplierCode):
        return SupplierCodeRow(supplier_name=SUPPLIERS["id"], code=item.code, number=item.number)
    return item


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize("kind", Kind)
@given(data=st.data())
def test_what_is_written_reads_as_the_same(kind: Kind, form: Format, data: st.DataObject) -> None:
    items = data.draw(st.lists(_ITEMS[kind], max_size=5))
    raw = files.write(kind, [columns.values_of(item, GROUPS, SUPPLIERS) for item in items], form)
    sheet = files.read(raw, kind, form)
    assert sheet.problems() == []
    assert [entry.row for entry in sheet.entries] == [expected(item) for item in items]


@given(name=texts(50))
def test_no_cell_begins_as_a_formula_does(name: str) -> None:
    raw = files.write(Kind.PRODUCTS, [columns.values_of(Product(1, name, name, name, None, True), {}, {})], "csv")
    for row in csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")):
        assert not [cell for cell in row if cell[:1] in tuple("=+-@＝＋－＠\t\r")]


@pytest.mark.parametrize(("cell", "means"), [("'=1", "=1"), ("''@x", "'@x"), ("'abc", "'abc"), ("=1", "=1"), ("' =1", "' =1")])
def test_only_an_apostrophe_that_was_put_there_is_taken_away(cell: str, means: str) -> None:
    sheet = files.read(f"supplierName\n{cell}\n".encode(), Kind.SUPPLIERS, "csv")
    assert sheet.entries[0].row == SupplierRow(name=means)


@pytest.mark.parametrize(
    "raw",
    [
        b"pluNumber,pluName,groupName,mainGroupName\n1,Caf\xc3\xa9,G,M\n",
        b'\xef\xbb\xbfPLU Number,plu_name,Group-Name,MAINGROUPNAME\r\n\r\n 1 ,"Caf\xc3\xa9",G,M\r\n,,,\r\n',
        b"pluNumber,pluName,groupName,mainGroupName,,\n1,Cafe\xcc\x81,G,M,,\n",
        b"pluNumber,pluName,groupName,mainGroupName\r1,Caf\xc3\xa9,G,M\r",
    ],
)
def test_csv_is_taken_as_programs_write_it(raw: bytes) -> None:
    """With a byte order mark, CR LF, blank lines, empty columns to the right, decomposed letters."""
    sheet = files.read(raw, Kind.PRODUCTS, "csv")
    assert [entry.row for entry in sheet.entries] == [ProductRow(number=1, name="Café", group="G", main_group="M")]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = 'pluNumber,pluName,groupName,mainGroupName\n\n1,"A\nB",G,M\n2,C,G,M\nx,D,G,M\n'
    sheet = files.read(text.encode(), Kind.PRODUCTS, "csv")
    assert told(sheet.problems()) == [(3, "pluName"), (6, "pluNumber")]
    text = '[\n  {"pluNumber": 1,\n   "pluName": "A", "groupName": "G", "mainGroupName": "M"},\n\n  {"pluNumber": 0}\n]'
    sheet = files.read(text.encode(), Kind.PRODUCTS, "json")
    assert told(sheet.problems()) == [(5, column) for column in ("pluNumber", "pluName", "groupName", "mainGroupName")]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "the file is empty: its first line names the columns, [supplierID], supplierName, [taxGroupName]"),
        (b"supplierName;taxGroupName\nA;B\n", "not separated by commas"),
        (b"name\nA\n", "the header on line 1 has the unknown 'name'; lacks 'supplierName': the columns of suppliers are"),
        (b"supplierName,Supplier Name\nA,B\n", "has twice 'supplierName'"),
        (b"supplierName\nA\nB\xff\n", "line 3 is not UTF-8"),
        ("supplierName\nA\n".encode("utf-16"), "the file is UTF-16"),
        (b'supplierName\n"A" B\n', "begins on line 2 or after it cannot be read"),
        (b'supplierName\nA\n"B\nC\n', "begins on line 3 or after it cannot be read"),
        (b"supplierName\n" + b"A" * 200_000, "field larger than field limit"),
    ],
)
def test_a_csv_file_whose_rows_cannot_be_told_apart_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        files.read(raw, Kind.SUPPLIERS, "csv")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is no JSON array"),
        ('{"supplierName": "A"}', "the file is no JSON array"),
        ('[{"supplierName": "A"},\n {"supplierName" "B"}]', "line 2, column 18 is not JSON"),
        ('[{"supplierName": "A"}\n {}]', "line 2, column 2 is not JSON: expected a comma or ]"),
        ("[]\n[]", "line 2, column 1 is not JSON: there is more after the array"),
        ('[{"supplierName": "A"}', "line 1, column 23 is not JSON"),
        ('[{"supplierName": "A"},]', "line 1, column 24 is not JSON"),
        ('[{"supplierName": NaN}]', "line 1, column 2 is not JSON: there is no number NaN"),
        ("[" + "[" * 100_000, "is not JSON"),
    ],
)
def test_a_file_that_is_no_json_array_is_refused(text: str, said: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        files.read(text.encode(), Kind.SUPPLIERS, "json")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('"A"', "line 1, row: expected an object, got 'A'."),
        ('{"supplierName": 5}', "line 1, supplierName: expected a text, got 5."),
        ('{"supplierName": true}', "line 1, supplierName: expected a text, got true."),
        ('{"supplierName": {"a": 1}}', "line 1, supplierName: expected a text, got an object."),
        ('{"supplierName": "A", "SupplierName": "B"}', "line 1, supplierName: expected each name once in an object"),
        ('{"supplierName": "A\\u0000"}', r"line 1, supplierName: expected one line without control characters, got 'A\x00'."),
        ('{"supplierName": "A\\ud800"}', r"line 1, supplierName: expected one line without control characters, got 'A\ud800'."),
        ('{"supplierName": "A", "phone": "1"}', "line 1, row: expected the names [supplierID], supplierName, "),
        ('{"supplierName": null}', "line 1, supplierName: expected 1 to 64 characters, got nothing."),
        ('{"supplierName": "A", "supplierID": "x"}', "line 1, supplierID: expected a GUID, got 'x'."),
    ],
)  # fmt: skip
def test_a_wrong_value_in_json_is_told_by_its_name(row: str, said: str) -> None:
    problems = files.read(f"[{row}]".encode(), Kind.SUPPLIERS, "json").problems()
    assert str(problems[0]).startswith(said)


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("8.25", 8250), ("15", 15000), ("15.0000", 15000), ("0", 0), ("999.999", 999_999), ("1E+1", 10_000), ("0.5e-1", 50),
        ("1000", None), ("-1", None), ("8.2505", None), ("1e999999999", None), ("9" * 400, None), ('"15"', None),
    ],
)  # fmt: skip
def test_a_rate_is_read_from_its_text_never_as_a_float(value: str, taken: int | None) -> None:
    text = f'[{{"taxGroupName": "A", "tax1Name": "GST", "tax1Kind": "inclusive", "tax1Rate": {value}}}]'
    sheet = files.read(text.encode(), Kind.TAX_GROUPS, "json")
    row = sheet.entries[0].row
    if taken is None:
        assert told(sheet.problems()) == [(1, "tax1Rate")]
        assert row is None
    else:
        assert isinstance(row, TaxGroup)
        assert row.levels[0] == TaxLevel("GST", taken, inclusive=True)


@pytest.mark.parametrize(
    ("cells", "columns_told"),
    [
        ({"exempt": "yes"}, []),
        ({}, ["exempt"]),
        ({"exempt": "no"}, ["exempt"]),
        ({"exempt": "maybe"}, ["exempt"]),
        ({"tax1Name": "GST", "tax1Rate": "0", "tax1Kind": "Add-On"}, []),
        ({"tax1Name": "GST"}, ["tax1Rate", "tax1Kind"]),
        ({"tax1Rate": "15,5", "tax1Kind": "inclusive"}, ["tax1Rate", "tax1Name"]),
        ({"tax2Name": "GST", "tax2Rate": "15 %", "tax2Kind": "included"}, ["tax2Rate", "tax2Kind"]),
        ({"exempt": "yes", "tax4Name": "GST", "tax4Rate": "15", "tax4Kind": "exclusive"}, ["exempt"]),
    ],
)
def test_a_tax_group_has_whole_levels_or_is_said_to_be_exempt(cells: dict[str, str], columns_told: list[str]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["taxGroupName", *cells])
    writer.writeheader()
    writer.writerow({"taxGroupName": "A", **cells})
    sheet = files.read(text.getvalue().encode(), Kind.TAX_GROUPS, "csv")
    assert [problem.column for problem in sheet.problems()] == columns_told


def test_an_export_of_nothing_names_the_columns() -> None:
    raw = files.write(Kind.SUPPLIER_CODES, [], "csv")
    assert raw.decode("utf-8-sig") == "supplierName,supplierProductCode,pluNumber\r\n"
    assert files.read(raw, Kind.SUPPLIER_CODES, "csv").entries == []
    assert files.read(files.write(Kind.PRODUCTS, [], "json"), Kind.PRODUCTS, "json").entries == []


def test_json_holds_numbers_as_numbers() -> None:
    values: dict[str, Any] = columns.values_of(gst(8250), {}, {})
    assert values["tax1Rate"] == Decimal("8.25")
    assert b'"tax1Rate":8.25,' in files.write(Kind.TAX_GROUPS, [values], "json")


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(UnreadableFile, match="larger than 32 MiB"):
        files.read(b"\xff" * (files.LARGEST_FILE + 1), Kind.PRODUCTS, "csv")
