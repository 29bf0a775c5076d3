"""`/support/look-up`: any ID to one timeline. Every look-up is audited."""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.audit.store import newest, record
from powerepos_cloud.foundation.database import Session, TookTooLong
from powerepos_cloud.foundation.secrets import masked
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, support
from powerepos_cloud.webui.lookup import LookUp, Result
from powerepos_cloud.webui.navigation import SUPPORT, Link, PageGroup
from powerepos_cloud.webui.pages.support.who import BOTH

_HERE = "/support/look-up"
_LONGEST = 100
_RECENT = 10
_SECRET = (
    "That is a secret or a token, not an ID. It is not looked up, and was not kept. Whoever sent it to you should make "
    "another one and end this one."
)
_PERSON = "People are not looked up here. Look for the organisation, the client or the request."


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    directory, look_up = frame.backroom.directory, LookUp(frame.backroom)

    @frame.get(_HERE, support(*BOTH))
    async def page(ask: Ask) -> Response[bytes]:
        text = ask.query("id")
        refused = _refusal(text)
        ask.form = Form.of(id="" if refused else text)
        if not text or refused:
            if refused:
                ask.form.blame("id", refused)
            return await show(ask, "", [], status=422 if refused else 200)
        try:
            results = await look_up.find(text)
        except TookTooLong:
            ask.form.blame("id", "That took too long. Try again in a moment.")
            return await show(ask, "", [], status=503)
        await directory.write(lambda session: _note(session, ask, text, results))
        return await show(ask, text, results)

    async def show(ask: Ask, text: str, results: list[Result], *, status: int = 200) -> Response[bytes]:
        recent = []
        if not text:
            mine = await newest(directory.reader, _RECENT * 3, action="lookup.made", actor=ask.viewer.email, since_ms=_day(ask))
            recent = list(dict.fromkeys(row.subject for row in mine))[:_RECENT]
        picked = next((one for one in results if one.kind == ask.query("kind")), results[0] if results else None)
        return frame.show(ask, "support/look_up.html", status=status, wanted=text, results=results, picked=picked, recent=recent)

    return [page]


def _refusal(text: str) -> str:
    """Why this is not looked up; empty if it is."""
    if masked(text) != text:
        return _SECRET
    if "@" in text:
        return _PERSON
    return f"An ID has at most {_LONGEST} characters." if len(text) > _LONGEST else ""


def _day(ask: Ask) -> int:
    return ask.now_ms - 86_400_000


async def _note(session: Session, ask: Ask, text: str, results: list[Result]) -> None:
    """The audit of a look-up; the organisation sees it among its own rows where there is one."""
    kapows = {one.kapow for one in results if one.kapow}
    details = {"found": [one.kind for one in results]}
    kapow = kapows.pop() if len(kapows) == 1 else None
    await record(session, ask.now_ms, ask.actor, "lookup.made", ("lookup", text), kapow=kapow, details=details)


GROUP = PageGroup(_build, (Link(SUPPORT, "Work", "Look-up", _HERE, "search", BOTH, 20),))
