"""Ways back in: a new password by mail, recovery codes in place of a lost second factor, a browser let in again.

Nothing that the asker sees, or waits for, depends on whether an address is known: it is counted and noted (`asked_links`); its
owner, if there is one, is mailed after the answer.
"""

import base64
import hashlib
import secrets

from sqlalchemy import delete, func, insert, select, update

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import asked_links, failures, links, mails, sessions, users
from powerepos_cloud.directory.account_tables import passkeys, recovery_codes
from powerepos_cloud.directory.links import DAY_MS
from powerepos_cloud.directory.users import Credentials, User
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.foundation.texts import compare_key

RESET, BROWSER = "password-reset", "browser"
RESET_MS = 3_600_000
MAILS_A_DAY = 3
CODES = 10

_CODE_BYTES = 10


async def ask_reset(session: Session, now_ms: int, actor: Actor, email: str) -> None:
    """Note that a link was asked for which sets a new password; at most three a day for an address."""
    if await failures.count(session, now_ms, failures.key_of("reset", compare_key(email.strip())), DAY_MS) <= MAILS_A_DAY:
        await asked_links.note(session, actor, RESET, email)


async def ask_browser(session: Session, now_ms: int, actor: Actor, email: str) -> None:
    """Strangers tried too often, and the owner may be among them: note a link that lets a browser try again; one a day."""
    if await failures.count(session, now_ms, failures.key_of("browser mail", compare_key(email.strip())), DAY_MS) <= 1:
        await asked_links.note(session, actor, BROWSER, email)


async def mail_asked(session: Session, now_ms: int, site_url: str) -> None:
    """Queue the mails with links below `site_url` that were asked for, where the address is somebody's."""
    for one in await asked_links.take(session):
        found = await users.credentials(session, email=one.email)
        if found is not None:
            actor = Actor("visitor", "webui", one.source, one.request_id)
            mail = _mail_reset if one.purpose == RESET else _mail_browser
            await mail(session, now_ms, actor, site_url, found)


async def look_at_reset(session: Session, now_ms: int, token: str) -> Credentials:
    """Whose password a link would set; the link stays good. Raises `NotFound`."""
    return await _whose(session, (await links.look(session, now_ms, RESET, token)).subject)


async def reset(session: Session, now_ms: int, actor: Actor, token: str, password_hash: str) -> None:
    """Use a link up: set the password, end every session, tell its owner. The second factor stays. Raises `NotFound`."""
    found = await _whose(session, (await links.use(session, now_ms, RESET, token)).subject)
    await change_password(session, now_ms, actor, found.user_id, found.email, password_hash, but_session=None)


async def change_password(
    session: Session, now_ms: int, actor: Actor, user_id: int, email: str, password_hash: str, *, but_session: int | None
) -> None:
    """Set a person's password, end their other sessions, and tell them."""
    await users.set_password(session, now_ms, actor, await users.by_email(session, email), password_hash)
    await sessions.end_others(session, user_id, but_session)
    await tell(session, now_ms, user_id, "Your password was changed", "The password of your PowerEPOS account was changed.")


async def tell(session: Session, now_ms: int, user_id: int, subject: str, what: str) -> None:
    """Tell a person what happened to their account."""
    body = f"{what}\n\nIf it was not you, set a new password at once, and tell PowerEPOS support."
    await mails.to_user(session, now_ms, user_id, subject, body)


async def let_browser_in(session: Session, now_ms: int, actor: Actor, token: str) -> int:
    """Use such a link up; the ID of the person whose browser this is. Raises `NotFound`."""
    found = await _whose(session, (await links.use(session, now_ms, BROWSER, token)).subject)
    await record(session, now_ms, actor, "user.browser_let_in", ("user", found.email))
    return found.user_id


async def new_codes(session: Session, now_ms: int, actor: Actor, user_id: int, email: str) -> list[str]:
    """Ten recovery codes, each good once, in place of those before. Shown once; only hashes are kept."""
    await session.run(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    codes = [base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(CODES)]
    rows = [{"hash": _hash(user_id, code), "user_id": user_id, "created_at": now_ms} for code in codes]
    await session.run(insert(recovery_codes), rows)
    await record(session, now_ms, actor, "user.recovery_codes_made", ("user", email), details={"codes": CODES})
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


async def codes_left(session: Session, user_id: int) -> int:
    """How many recovery codes are still good."""
    unused = (recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None))
    left: int = await session.scalar(select(func.count()).select_from(recovery_codes).where(*unused))
    return left


async def use_code(session: Session, now_ms: int, actor: Actor, user_id: int, email: str, code: str) -> bool:
    """Use a recovery code up, and tell its owner; False if it is none that is still good."""
    which = (recovery_codes.c.hash == _hash(user_id, plain(code)), recovery_codes.c.used_at.is_(None))
    used = await session.first(update(recovery_codes).where(*which).values(used_at=now_ms).returning(recovery_codes.c.user_id))
    if used is None:
        return False
    left = await codes_left(session, user_id)
    await record(session, now_ms, actor, "user.recovery_code_used", ("user", email), details={"left": left})
    what = f"A recovery code was used to sign in to your PowerEPOS account. {left} are left."
    await tell(session, now_ms, user_id, "A recovery code was used", what)
    return True


def is_code(text: str) -> bool:
    """Whether this has the form of a recovery code, and not of a code of the second factor."""
    return len(plain(text)) == _CODE_BYTES * 8 // 5


def plain(code: str) -> str:
    """A code as it is compared: without what people put between its parts."""
    return "".join(code.split()).replace("-", "").lower()


async def set_second_factor(
    session: Session, now_ms: int, actor: Actor, user: User, sealed: bytes | None, *, but_session: int
) -> list[str]:
    """Turn the second factor on (the recovery codes that go with it) or, by None, off; the other sessions end."""
    await users.set_totp(session, now_ms, actor, user, sealed)
    await sessions.end_others(session, user.id, but_session)
    what = "on" if sealed else "off"
    await tell(session, now_ms, user.id, f"Your second factor was turned {what}", f"The second factor was turned {what}.")
    if sealed is None:
        await session.run(delete(recovery_codes).where(recovery_codes.c.user_id == user.id))
        return []
    return await new_codes(session, now_ms, actor, user.id, user.email)


async def drop_factors(session: Session, user_id: int) -> None:
    """Forget whatever stands in for a second factor that was lost: recovery codes, and passkeys of who knows which device."""
    await session.run(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    await session.run(delete(passkeys).where(passkeys.c.user_id == user_id))


async def _mail_reset(session: Session, now_ms: int, actor: Actor, site_url: str, found: Credentials) -> None:
    token = await links.make(session, now_ms, RESET, str(found.user_id), RESET_MS)
    body = (
        f"Somebody, most likely you, wants to set a new password for {found.email} at PowerEPOS.\n\n"
        f"Open this within an hour:\n\n{site_url}/reset/{token}\n\n"
        "If it was not you, do nothing: your password stays as it is. A second factor is asked for after a new password, too."
    )
    await mails.queue(session, now_ms, found.email, "Set a new password", body)
    await record(session, now_ms, actor, "user.reset_asked", ("user", found.email))


async def _mail_browser(session: Session, now_ms: int, actor: Actor, site_url: str, found: Credentials) -> None:
    token = await links.make(session, now_ms, BROWSER, str(found.user_id))
    body = (
        f"Somebody tried to sign in as {found.email} at PowerEPOS and failed more than ten times within an hour. "
        "Until the hour is over, browsers in which you never signed in before are refused.\n\n"
        "If it was you, open this in the browser that you want to use, and sign in there:\n\n"
        f"{site_url}/sign-in/browser/{token}\n\n"
        "If it was not you, do nothing: nobody got in, and your own browser and your passkeys work as ever."
    )
    await mails.queue(session, now_ms, found.email, "Somebody tried to sign in as you", body)
    await record(session, now_ms, actor, "user.browser_link_sent", ("user", found.email))


async def _whose(session: Session, subject: str) -> Credentials:
    found = await users.credentials(session, user_id=int(subject))
    if found is None:
        raise NotFound("person", "of this link")
    return found


def _hash(user_id: int, code: str) -> bytes:
    return hashlib.sha256(f"recovery\0{user_id}\0{code}".encode()).digest()
