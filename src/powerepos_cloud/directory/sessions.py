"""People's sessions in the WebUI. Only the hash of a session's token is kept; each sign-in has a token of its own."""

import hashlib
import secrets
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory.session_tables import form_uses, sessions, sign_in_failures
from powerepos_cloud.directory.tables import users
from powerepos_cloud.foundation.database import Session

CODE, OPEN = "code", "open"
"""Stages: the password was right and the second factor is awaited; signed in."""

_MINUTE_MS = 60_000
CODE_MS = 10 * _MINUTE_MS
CODE_TRIES = 5
SEEN_EVERY_MS = _MINUTE_MS
"""How exactly it is kept when a session was last used: a write for each page would be dear."""


class Limits(msgspec.Struct, frozen=True):
    """How long a session lives without use, and in all; in ms."""

    idle_ms: int
    total_ms: int


PEOPLE = Limits(30 * _MINUTE_MS, 12 * 60 * _MINUTE_MS)
STAFF = Limits(15 * _MINUTE_MS, 8 * 60 * _MINUTE_MS)


class SessionRow(msgspec.Struct, frozen=True):
    """A live session and whose it is. Instants in ms; `view_…` is set while support looks at an organisation as it does."""

    id: int
    user_id: int
    email: str
    name: str
    staff_role: str | None
    has_second_factor: bool
    stage: str
    second_factor: bool
    place: str | None
    source: str
    agent: str
    tries: int
    created_at: int
    seen_at: int
    proved_at: int
    ends_at: int
    view_organisation_id: int | None
    view_reason: str | None
    view_until_at: int | None


_OWN = (
    "stage",
    "second_factor",
    "place",
    "source",
    "agent",
    "tries",
    "created_at",
    "seen_at",
    "proved_at",
    "ends_at",
    "view_organisation_id",
    "view_reason",
    "view_until_at",
)
_COLUMNS = (
    sessions.c.id,
    users.c.id,
    users.c.email,
    users.c.name,
    users.c.staff_role,
    users.c.totp_sealed.is_not(None),
    *(sessions.c[name] for name in _OWN),
)


def new_token() -> str:
    """A session's token: 256 random bits, as a cookie holds it."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is kept of a token. It is random enough that no key and no slow hash is needed."""
    return hashlib.sha256(b"session\0" + token.encode()).digest()


def limits_of(staff_role: str | None) -> Limits:
    """Support's sessions are shorter (contract section 9)."""
    return PEOPLE if staff_role is None else STAFF


async def begin(
    session: Session,
    now_ms: int,
    token: str,
    user_id: int,
    staff_role: str | None,
    *,
    stage: str,
    second_factor: bool,
    source: str,
    agent: str,
    place: str | None = None,
) -> None:
    """Keep a new session. One that awaits a code ends after ten minutes."""
    lives_ms = CODE_MS if stage == CODE else limits_of(staff_role).total_ms
    await session.run(
        insert(sessions).values(
            hash=token_hash(token),
            user_id=user_id,
            stage=stage,
            second_factor=second_factor,
            place=place,
            source=source,
            agent=agent,
            tries=0,
            created_at=now_ms,
            seen_at=now_ms,
            proved_at=now_ms,
            ends_at=now_ms + lives_ms,
        )
    )


async def find(session: Session, now_ms: int, token: str) -> SessionRow | None:
    """The live session of this token; None if there is none, it was not used for too long, or it has ended."""
    wanted = select(*_COLUMNS).join(users, users.c.id == sessions.c.user_id).where(sessions.c.hash == token_hash(token))
    found = await session.first(wanted)
    row = None if found is None else _row(found)
    return row if row is not None and _is_live(row, now_ms) else None


async def of_user(session: Session, now_ms: int, user_id: int) -> list[SessionRow]:
    """A person's live sessions, the one used last first."""
    wanted = (
        select(*_COLUMNS)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.user_id == user_id, sessions.c.stage == OPEN)
        .order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
    )
    return [row for row in map(_row, await session.all(wanted)) if _is_live(row, now_ms)]


async def seen(session: Session, now_ms: int, session_id: int) -> None:
    """Note that a session is in use."""
    await session.run(update(sessions).where(sessions.c.id == session_id).values(seen_at=now_ms))


async def tried_code(session: Session, session_id: int) -> int:
    """Count one wrong code in a session that awaits one; it ends with the fifth. How many there were."""
    counted = update(sessions).where(sessions.c.id == session_id).values(tries=sessions.c.tries + 1).returning(sessions.c.tries)
    tries: int = await session.scalar(counted) or CODE_TRIES
    if tries >= CODE_TRIES:
        await end(session, session_id)
    return tries


async def renew(session: Session, now_ms: int, session_id: int, token: str, *, second_factor: bool) -> None:
    """Give a session another token once the person has proved who they are again; the old token is worth nothing more.

    What was shown before counts on: `second_factor` is added to it.
    """
    values: dict[str, Any] = {"hash": token_hash(token), "proved_at": now_ms, "seen_at": now_ms}
    if second_factor:
        values["second_factor"] = True
    await session.run(update(sessions).where(sessions.c.id == session_id).values(values))


async def set_place(session: Session, session_id: int, place: str) -> None:
    """Remember which organisation, partner or support desk the person works at."""
    await session.run(update(sessions).where(sessions.c.id == session_id).values(place=place))


async def last_place(session: Session, user_id: int) -> str | None:
    """Where the person worked when last signed in, if that is still known."""
    wanted = select(sessions.c.place).where(sessions.c.user_id == user_id, sessions.c.place.is_not(None))
    place: str | None = await session.scalar(wanted.order_by(sessions.c.id.desc()).limit(1))
    return place


async def set_view(
    session: Session, session_id: int, organisation_id: int | None, reason: str | None = None, until_at: int | None = None
) -> None:
    """Begin or (None) end that a member of staff sees an organisation as it sees itself. The caller writes the audit."""
    values = {"view_organisation_id": organisation_id, "view_reason": reason, "view_until_at": until_at}
    await session.run(update(sessions).where(sessions.c.id == session_id).values(values))


async def end(session: Session, session_id: int) -> None:
    """End one session."""
    await session.run(delete(sessions).where(sessions.c.id == session_id))


async def end_one_of(session: Session, now_ms: int, actor: Actor, user_id: int, email: str, session_id: int) -> bool:
    """End one of a person's own sessions; False if it is not theirs or has ended."""
    gone = delete(sessions).where(sessions.c.id == session_id, sessions.c.user_id == user_id).returning(sessions.c.id)
    if await session.first(gone) is None:
        return False
    await record(session, now_ms, actor, "session.ended", ("user", email))
    return True


async def end_others(session: Session, user_id: int, but: int | None = None) -> int:
    """End a person's sessions, all or all but one; how many."""
    which: list[ColumnElement[bool]] = [sessions.c.user_id == user_id]
    if but is not None:
        which.append(sessions.c.id != but)
    return len(await session.all(delete(sessions).where(*which).returning(sessions.c.id)))


async def delete_outlived(session: Session, now_ms: int, most: int) -> int:
    """Forget sessions, form uses and failures whose time is over, at most so many of each; how many."""
    # Sessions are kept a day longer, so that the next sign-in begins where the last one was.
    over = or_(sessions.c.ends_at < now_ms - 24 * 60 * _MINUTE_MS, (sessions.c.stage == CODE) & (sessions.c.ends_at < now_ms))
    deleted = 0
    for table, key, condition in (
        (sessions, sessions.c.id, over),
        (sign_in_failures, sign_in_failures.c.hash, sign_in_failures.c.delete_after_at < now_ms),
    ):
        some = select(key).where(condition).limit(most)
        deleted += len(await session.all(delete(table).where(key.in_(some)).returning(key)))
    used = form_uses.c.delete_after_at < now_ms
    deleted += len(await session.all(delete(form_uses).where(used).returning(form_uses.c.owner)))
    return deleted


def _is_live(row: SessionRow, now_ms: int) -> bool:
    return row.ends_at > now_ms and row.seen_at + limits_of(row.staff_role).idle_ms > now_ms


def _row(row: Row[Any]) -> SessionRow:
    return SessionRow(*tuple(row))
