"""The catalogue's files, in both directions: what is written reads as the same."""

from collections.abc import Iterable
from typing import Any, Literal

from powerepos_cloud.partnerservices.catalogue.csv_form import read_csv, write_csv
from powerepos_cloud.partnerservices.catalogue.json_form import read_json, write_json
from powerepos_cloud.partnerservices.catalogue.rules import Kind
from powerepos_cloud.partnerservices.catalogue.sheet import Sheet, UnreadableFile

Format = Literal["csv", "json"]

LARGEST_FILE = 32 * 1024 * 1024
"""In bytes; some 300,000 products."""

_BOM = b"\xef\xbb\xbf"


def read(raw: bytes, kind: Kind, form: Format) -> Sheet:
    """The rows of a file, bad ones included. Raises `UnreadableFile`."""
    if len(raw) > LARGEST_FILE:
        raise UnreadableFile(f"the file is larger than {LARGEST_FILE // 1024 // 1024} MiB: cut it in two")
    text = _decode(raw)
    return read_csv(text, kind) if form == "csv" else read_json(text, kind)


def write(kind: Kind, rows: Iterable[dict[str, Any]], form: Format) -> bytes:
    """The file of these rows (`columns.values_of`). CSV begins with a byte order mark, without which Excel garbles names."""
    return write_json(rows).encode() if form == "json" else _BOM + write_csv(kind, rows).encode()


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile("the file is UTF-16: save it as UTF-8 (Excel calls it CSV UTF-8)")
    try:
        return raw.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"line {line} is not UTF-8: save the file as UTF-8 (Excel calls it CSV UTF-8)") from error
