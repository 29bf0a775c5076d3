"""The catalogue's files: exported, and imported after a report of what is wrong. Nothing is stored before it was seen.

Between the report and the import the file travels in the form itself, packed: nothing is kept here, so nothing has to be
cleared away, and what is imported is read and judged anew.
"""

import asyncio
import base64
import binascii
import zlib
from typing import Final

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.partnerservices.catalogue import exports, files, imports
from powerepos_cloud.partnerservices.catalogue.files import Format
from powerepos_cloud.partnerservices.catalogue.planning import Plan
from powerepos_cloud.partnerservices.catalogue.rules import Kind
from powerepos_cloud.partnerservices.catalogue.sheet import Sheet, UnreadableFile
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.deeds import KINDS
from powerepos_cloud.webui.forms import BadForm, Form
from powerepos_cloud.webui.frame import Frame, Who
from powerepos_cloud.webui.pages.catalogue_editing import PATH, tabs

LARGEST: Final = 4 * 1024 * 1024
"""Of an upload, in bytes; larger ones are for `powerepos-admin catalogue import`."""
MOST_SHOWN: Final = 100
_ROOM: Final = 64 * 1024
_FILES = f"{PATH}/files"
_MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


class _Files:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    async def page(self, ask: Ask) -> Response[bytes]:
        """What can be exported, and the form of an import."""
        ask.form = Form.of(kind=Kind.PRODUCTS.value)
        return self._form(ask)

    async def check(self, ask: Ask) -> Response[bytes]:
        """What the import would do, row by row where something is wrong."""
        name, raw = ask.form.files.get("file", ("", b""))
        kind = _kind(ask.form.value("kind"))
        if kind is None:
            ask.form.blame("kind", "Choose what the file holds.")
        elif not raw:
            ask.form.blame("file", "Choose a file.")
        elif len(raw) > LARGEST:
            ask.form.blame("file", "The file is larger than 4 MiB: cut it in two, or ask PowerEPOS to load it.")
        if kind is None or not ask.form.is_sound:
            return self._form(ask)
        form: Format = "json" if name.lower().endswith(".json") else "csv"
        try:
            sheet = await asyncio.to_thread(files.read, raw, kind, form)
        except UnreadableFile as refused:
            text = str(refused)
            ask.form.blame("file", f"{text[:1].upper()}{text[1:]}.")
            return self._form(ask)
        owned = ask.viewer.organisation
        database = await self.frame.backroom.partnerservices(owned)
        plan = await imports.preview(database, owned.kapow, kind, sheet.entries)
        packed = base64.urlsafe_b64encode(zlib.compress(raw, 6)).decode()
        return self._report(ask, name, kind, sheet, plan, packed=packed, form=form)

    async def take(self, ask: Ask) -> Response[bytes]:
        """Store what was seen. Sent twice, it changes nothing the second time."""
        kind, form = _kind(ask.form.value("kind")), ask.form.value("form")
        if kind is None or form not in _MEDIA_TYPES:
            raise BadForm("not a report of ours")
        sheet = await asyncio.to_thread(_unpack, ask.form.value("content"), kind, "json" if form == "json" else "csv")
        owned, name = ask.viewer.organisation, ask.form.value("name")
        database = await self.frame.backroom.partnerservices(owned)
        plan = await imports.import_entries(
            database,
            ask.now_ms,
            ask.actor,
            owned.kapow,
            kind,
            sheet.entries,
            skip_bad=ask.form.has("skip"),
            details={"file": name[:100]},
        )
        if plan.bad and not ask.form.has("skip"):  # somebody changed the catalogue after the report
            return self._report(ask, name, kind, sheet, plan, packed=ask.form.value("content"), form=form)
        said = f"{len(plan.created):,} new, {len(plan.updated):,} changed, {plan.unchanged:,} as before"
        left = f", {len(plan.bad):,} left out" if plan.bad else ""
        return self.frame.go(ask, _FILES, f"{KINDS[kind].capitalize()} imported: {said}{left}.")

    async def export(self, ask: Ask) -> Response[bytes]:
        """Everything of a kind as a file, which reads as the same."""
        word, _, form = ask.value("file").partition(".")
        kind = _kind(word)
        if kind is None or form not in _MEDIA_TYPES:
            raise NotFound("file", ask.value("file"))
        owned = ask.viewer.organisation
        database = await self.frame.backroom.partnerservices(owned)
        rows = await database.read_long(lambda session: exports.rows(session, owned.kapow, kind))
        content = await asyncio.to_thread(files.write, kind, rows, "json" if form == "json" else "csv")
        headers = {
            "Content-Disposition": f'attachment; filename="{owned.code}-{kind.value}.{form}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, headers=headers, media_type=_MEDIA_TYPES[form])

    def _form(self, ask: Ask) -> Response[bytes]:
        status = 200 if ask.form.is_sound else 422
        kinds = [(kind.value, KINDS[kind].capitalize()) for kind in Kind]
        return self.frame.show(ask, "catalogue_files.html", status=status, tabs=tabs(_FILES), kinds=kinds)

    def _report(self, ask: Ask, name: str, kind: Kind, sheet: Sheet, plan: Plan, *, packed: str, form: str) -> Response[bytes]:
        problems = sheet.problems(plan.faults)
        return self.frame.show(
            ask,
            "catalogue_report.html",
            name=name,
            kind=kind.value,
            kind_words=KINDS[kind],
            plan=plan,
            rows=len(sheet.entries),
            problems=problems[:MOST_SHOWN],
            more=max(0, len(problems) - MOST_SHOWN),
            packed=packed,
            form_of_file=form,
        )


def _kind(text: str) -> Kind | None:
    return Kind(text) if text in KINDS else None


def _unpack(packed: str, kind: Kind, form: Format) -> Sheet:
    """The file that a report carried. Raises `BadForm`, also for one that would unpack to more than was taken."""
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(base64.b64decode(packed, altchars=b"-_", validate=True), LARGEST + 1)
    except (binascii.Error, zlib.error, ValueError):
        raise BadForm("the file of the report cannot be read") from None
    if len(raw) > LARGEST or not unpacker.eof:
        raise BadForm("the file of the report is too large")
    try:
        return files.read(raw, kind, form)
    except UnreadableFile:
        raise BadForm("the file of the report cannot be read") from None


def build(frame: Frame, done: Who) -> list[ControllerRouterHandler]:
    """The handlers, for `catalogue`."""
    pages = _Files(frame)
    body = LARGEST * 4 // 3 + _ROOM
    return [
        frame.get(_FILES, done)(pages.page),
        frame.post(f"{_FILES}/check", done, form_at=_FILES, upload=body)(pages.check),
        frame.post(f"{_FILES}/import", done, form_at=_FILES, upload=body, longest=body)(pages.take),
        frame.get(f"{PATH}/export/{{file:str}}", done)(pages.export),
    ]
