"""Another e-mail address for an account: confirmed at the new one, told to the old one."""

from powerepos_cloud.audit.store import Actor, record
from powerepos_cloud.directory import failures, links, mails, rules, users
from powerepos_cloud.directory.links import DAY_MS
from powerepos_cloud.directory.users import Credentials
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, NotFound
from powerepos_cloud.foundation.texts import compare_key

PURPOSE = "e-mail"
MAILS_A_DAY = 5


async def ask_change(session: Session, now_ms: int, actor: Actor, site_url: str, user_id: int, new: str) -> str:
    """Queue a mail to the new address; the same answer if it is somebody's already. The address as it will be.

    Raises `Invalid`; `Conflict` after five in a day.
    """
    address, _ = rules.email(new)
    owner = await _owner(session, user_id)
    if await failures.count(session, now_ms, failures.key_of("e-mail", str(user_id)), DAY_MS) > MAILS_A_DAY:
        raise Conflict("five addresses were tried today", "Try again tomorrow.")
    taken = await users.credentials(session, email=address)
    if taken is not None:
        body = (
            f"Somebody wanted to use {address} for another PowerEPOS account, but it is your account's address already. "
            "Nothing was changed. If it was you, sign in with it."
        )
        await mails.queue(session, now_ms, address, "This address has an account already", body)
        return address
    token = await links.make(session, now_ms, PURPOSE, f"{user_id} {address}")
    body = (
        f"{owner.name} wants to sign in to PowerEPOS with this address, in place of the one before.\n\n"
        f"Open this within a day to confirm that it is yours:\n\n{site_url}/confirm-address/{token}\n\n"
        "If you do not know what this is about, do nothing."
    )
    await mails.queue(session, now_ms, address, "Confirm your new address", body)
    await record(session, now_ms, actor, "user.email_change_asked", ("user", owner.email))
    return address


async def look(session: Session, now_ms: int, token: str) -> tuple[Credentials, str]:
    """Whose address a link changes, and to what. Raises `NotFound`."""
    return await _read(session, (await links.look(session, now_ms, PURPOSE, token)).subject)


async def confirm(session: Session, now_ms: int, actor: Actor, token: str) -> str:
    """Use the link up: the account has its new address, the old one is told. Raises `NotFound`."""
    owner, address = await _read(session, (await links.use(session, now_ms, PURPOSE, token)).subject)
    if not await users.set_email(session, owner.user_id, address, compare_key(address)):
        raise NotFound("address", "that is still free")
    body = (
        f"Your PowerEPOS account has another address now: {address}. Mail goes there, and you sign in with it.\n\n"
        "If it was not you, tell PowerEPOS support at once."
    )
    await mails.queue(session, now_ms, owner.email, "Your address was changed", body)
    await record(session, now_ms, actor, "user.email_changed", ("user", address), details={"from": owner.email, "to": address})
    return address


async def _read(session: Session, subject: str) -> tuple[Credentials, str]:
    user_id, _, address = subject.partition(" ")
    return await _owner(session, int(user_id)), address


async def _owner(session: Session, user_id: int) -> Credentials:
    found = await users.credentials(session, user_id=user_id)
    if found is None:
        raise NotFound("person", user_id)
    return found
