"""Arguments and options that several commands take, and how their texts are read."""

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from powerepos_cloud.foundation.refusals import Invalid
from powerepos_cloud.manage.console import Problem

LARGEST_ID = 2**31 - 1

OrganisationCode = Annotated[str, typer.Argument(metavar="ORGANISATION", help="Organisation Code.", show_default=False)]
ClientId = Annotated[str, typer.Argument(metavar="CLIENT", help="ClientID.", show_default=False)]
AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Service account ID (svc-…).", show_default=False)]
InstanceId = Annotated[str, typer.Argument(metavar="INSTANCE", help="ID of a service instance.", show_default=False)]
PartnerId = Annotated[int, typer.Argument(metavar="PARTNER", help="Partner ID.", min=1, max=LARGEST_ID)]
SecretId = Annotated[int, typer.Argument(metavar="ID", help="Its ID, as shown by `show`.", min=1, max=LARGEST_ID)]
Permissions = Annotated[
    list[str] | None,
    typer.Option("--permission", help='A permission, such as "Partner Sales (Submit)". Repeatable.', show_default=False),
]
Outlets = Annotated[list[str] | None, typer.Option("--outlet", help="An outlet's GUID. Repeatable.", show_default=False)]
AllOutlets = Annotated[bool, typer.Option("--all-outlets", help="All outlets, also those still to come.")]
NoOutlets = Annotated[bool, typer.Option("--no-outlets", help="No outlet for now.")]
UncheckedOutlets = Annotated[
    bool, typer.Option("--unchecked", help="Do not look the outlets up: the Partner Services database is elsewhere.")
]
Expires = Annotated[
    str | None,
    typer.Option("--expires", help="When it ends by itself: 90d, 12h, 2027-01-31 or 2027-01-31T12:00Z (UTC)."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

_DURATION = re.compile(r"([1-9][0-9]{0,4})([dh])")


def chosen_outlets(outlets: list[str] | None, *, all_outlets: bool, no_outlets: bool) -> list[str] | None:
    """The outlets that were chosen; None means all. Raises `Problem` unless exactly one way was used."""
    if sum((bool(outlets), all_outlets, no_outlets)) != 1:
        raise Problem("choose the outlets: --outlet GUID (repeatable), --all-outlets or --no-outlets, one of the three")
    return None if all_outlets else list(outlets or [])


def read_expiry(text: str | None, now_ms: int) -> int | None:
    """When a secret is to end, in ms since the epoch: so much from now, or a date. Raises `Invalid`."""
    return None if text is None else _read_instant("expires", text, now_ms, sign=1)


def read_since(text: str | None, now_ms: int) -> int | None:
    """The oldest instant that is asked for, in ms since the epoch: so much before now, or a date. Raises `Invalid`."""
    return None if text is None else _read_instant("since", text, now_ms, sign=-1)


def _read_instant(field: str, text: str, now_ms: int, *, sign: int) -> int:
    duration = _DURATION.fullmatch(text)
    if duration:
        unit = {"d": timedelta(days=1), "h": timedelta(hours=1)}[duration[2]]
        return now_ms + sign * int(duration[1]) * int(unit.total_seconds()) * 1000
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Invalid(field, "a duration such as 90d or a date such as 2027-01-31", text) from None


def read_text(source: Path, largest: int) -> str:
    """A file's text; `-` is standard input. Raises `Problem`."""
    try:
        raw = sys.stdin.buffer.read(largest + 1) if str(source) == "-" else _read_file(source, largest + 1)
        text = raw.decode()
    except OSError as error:
        raise Problem(f"{source} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Problem(f"{source} is not text in UTF-8") from error
    if len(raw) > largest:
        raise Problem(f"{source} is larger than {largest} bytes: is it the right file?")
    return text


def _read_file(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)
