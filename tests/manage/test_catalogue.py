"""`powerepos-admin catalogue`: files in and out, with a clear word on every bad row."""

import csv
import io
import json
from pathlib import Path

import pytest

from powerepos_cloud.partnerservices.catalogue.rules import Kind
from tests.manage.conftest import Admin, Shop

TAX_GROUPS = "taxGroupName,exempt,tax1Name,tax1Rate,tax1Kind\nGST 15,,GST,15,inclusive\nExempt,yes,,,\n"
PRODUCTS = (
    'pluNumber,pluName,groupName,mainGroupName,taxGroupName\n2041,"Flat White, large",Coffee,Drinks,GST 15\n7,=Tea,Tea,Drinks,\n'
)
SUPPLIERS = "supplierName,taxGroupName\nSouthern Dairy,GST 15\n"
CODES = "supplierName,supplierProductCode,pluNumber\nSouthern Dairy,MILK-2L,7\n"


@pytest.fixture
def loaded(admin: Admin, shop: Shop, tmp_path: Path) -> Path:
    """A folder with a file of each kind, all of them imported."""
    for kind, text in zip(Kind, (TAX_GROUPS, PRODUCTS, SUPPLIERS, CODES), strict=True):
        file = tmp_path / f"{kind}.csv"
        file.write_text(text, encoding="utf-8-sig")
        report = load(admin, shop, kind, file)
        assert (report["stored"], report["bad"], report["problems"]) == (True, 0, [])
    return tmp_path


def load(admin: Admin, shop: Shop, kind: Kind | str, file: object, *options: str, **named: object) -> dict[str, object]:
    """The report of an import."""
    report: dict[str, object] = admin.json(
        "catalogue", "import", "--organisation", shop.code, "--kind", kind, file, *options, **named
    )
    return report


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_is_exported_changes_nothing_when_it_is_imported(admin: Admin, shop: Shop, loaded: Path, form: str) -> None:
    for kind, rows in zip(Kind, (2, 2, 1, 1), strict=True):
        file = loaded / f"out.{kind}.{form}"
        wrote = admin.json("catalogue", "export", "--organisation", shop.code, "--kind", kind, file)
        assert wrote == {"kind": kind.value, "file": str(file), "rows": rows}
        report = load(admin, shop, kind, file)
        assert (report["created"], report["updated"], report["unchanged"]) == (0, 0, rows)


def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text(admin: Admin, shop: Shop, loaded: Path) -> None:
    out = admin("catalogue", "export", "--organisation", shop.code, "--kind", "products", "-").stdout_bytes
    rows = list(csv.DictReader(io.StringIO(out.decode("utf-8-sig"), newline="")))
    assert [row["pluName"] for row in rows] == ["'=Tea", "Flat White, large"]
    listed = admin.json("catalogue", "list", "--organisation", shop.code, "--kind", "products")
    assert [row["pluName"] for row in listed] == ["=Tea", "Flat White, large"]


def test_bad_rows_are_listed_and_nothing_is_stored(admin: Admin, shop: Shop, loaded: Path) -> None:
    file = loaded / "bad.csv"
    file.write_text("pluNumber,pluName,groupName,mainGroupName\n0,A,G,M\n8,B,G,M\n9,,G,M\n")
    arguments = ("catalogue", "import", "--organisation", shop.code, "--kind", "products", file)
    result = admin(*arguments, code=1)
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "bad.csv, line 2, pluNumber: expected a whole number from 1 to 2147483647, got 0.",
        "bad.csv, line 4, pluName: expected 1 to 50 characters, got nothing.",
        "error: nothing was stored of bad.csv (1 new, 0 changed, 0 as before, 2 bad): mend the bad rows, or leave them out by"
        " --skip-bad-rows",
    ]
    report = json.loads(admin(*arguments, "--json", code=1).stdout)
    assert (report["stored"], report["created"], report["bad"]) == (False, 1, 2)
    assert report["problems"][0] == {
        "line": 2,
        "column": "pluNumber",
        "expected": "a whole number from 1 to 2147483647",
        "got": "0",
    }
    assert "2 new" not in admin(*arguments, "--dry-run", code=1).stdout
    assert len(admin.json("catalogue", "list", "--organisation", shop.code, "--kind", "products")) == 2


def test_the_right_rows_are_stored_when_bad_ones_are_left_out(admin: Admin, shop: Shop, loaded: Path) -> None:
    text = json.dumps([{"pluNumber": 8, "pluName": "B", "groupName": "G", "mainGroupName": "M"}, {"pluNumber": "9"}])
    report = load(admin, shop, "products", "-", "--format", "json", "--skip-bad-rows", stdin=text)
    assert (report["stored"], report["created"], report["bad"]) == (True, 1, 1)
    newest = admin.json("audit", "--organisation", shop.code, "--action", "catalogue.imported", "--limit", 1)[0]
    assert (newest["actor"], newest["subject"], newest["details"]["file"]) == ("olga", "products", "standard input")
    listed = admin.json("catalogue", "list", "--organisation", shop.code, "--kind", "products", "--search", "b")
    assert [row["pluNumber"] for row in listed] == [8]


def test_a_dry_run_stores_nothing(admin: Admin, shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text(TAX_GROUPS)
    report = load(admin, shop, "tax-groups", file, "--dry-run")
    assert (report["stored"], report["created"]) == (False, 2)
    assert admin.json("catalogue", "list", "--organisation", shop.code, "--kind", "tax-groups") == []
    said = admin("catalogue", "import", "--organisation", shop.code, "--kind", "tax-groups", file, "--dry-run").stdout
    assert said == "groups.csv: 2 new, 0 changed, 0 as before, 0 bad. Nothing was stored.\n"


def test_people_see_tables(admin: Admin, shop: Shop, loaded: Path) -> None:
    arguments = ("catalogue", "list", "--organisation", shop.code, "--kind")
    groups = admin(*arguments, "tax-groups").stdout
    assert "GST 15 % inclusive" in groups
    assert "exempt" in groups
    assert "MILK-2L" in admin(*arguments, "supplier-codes").stdout
    assert admin(*arguments, "suppliers", "--search", "nobody").stdout == "No suppliers here.\n"


def test_a_file_that_cannot_be_read_is_said_in_a_sentence(admin: Admin, shop: Shop, tmp_path: Path) -> None:
    arguments = ("catalogue", "import", "--organisation", shop.code, "--kind", "suppliers")
    unknown = tmp_path / "rows.txt"
    unknown.write_text("supplierName\n")
    assert "say --format csv" in admin.error(*arguments, unknown)
    assert "cannot be read" in admin.error(*arguments, tmp_path / "none.csv")
    assert admin.error(*arguments, "-", stdin="supplier\nX\n").startswith(
        "standard input: the header on line 1 has the unknown 'supplier'; lacks 'supplierName'"
    )
    assert "organisation list" in admin.error("catalogue", "list", "--organisation", "NOBODY", "--kind", "products")
    assert "cannot be written" in admin.error(
        "catalogue", "export", "--organisation", shop.code, "--kind", "products", tmp_path / "no" / "x.csv"
    )


def test_an_export_replaces_a_file_only_when_told(admin: Admin, shop: Shop, loaded: Path) -> None:
    arguments = ("catalogue", "export", "--organisation", shop.code, "--kind", "suppliers", loaded / "suppliers.csv")
    before = (loaded / "suppliers.csv").read_bytes()
    assert "say --overwrite" in admin.error(*arguments)
    assert (loaded / "suppliers.csv").read_bytes() == before
    assert admin(*arguments, "--overwrite").stdout == f"Wrote suppliers to {loaded / 'suppliers.csv'}: 1 row.\n"
    assert (loaded / "suppliers.csv").read_bytes() != before
    assert sorted(path.name for path in loaded.iterdir() if path.name.startswith(".")) == []


def test_an_unknown_kind_is_a_wrong_argument(admin: Admin, shop: Shop) -> None:
    assert "supplier-codes" in admin.usage("catalogue", "list", "--organisation", shop.code, "--kind", "prices")
