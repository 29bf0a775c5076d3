"""A service account's passwords: made and shown once by a person who has just proved who they are; ended."""

from litestar import Response
from litestar.types import ControllerRouterHandler
from markupsafe import Markup

from powerepos_cloud.directory import accounts, counterparts, replacing
from powerepos_cloud.directory.accounts import Account
from powerepos_cloud.directory.credentials import MOST_LIVE, NewSecret, StoredSecret
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict
from powerepos_cloud.webui import venues, words
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.frame import Frame, Who
from powerepos_cloud.webui.times import ago, on_day

PATH = "/service-accounts/{account:str}"
_PAGE = "/service-accounts/{account}/password"


class _Passwords:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.backroom = frame.backroom
        self.directory = frame.backroom.directory

    async def ask_for(self, ask: Ask) -> Response[bytes]:
        """What will happen, and the button that makes one."""
        account, live = await self._account(ask)
        return self._before(ask, account, live)

    async def make(self, ask: Ask) -> Response[bytes]:
        """Make one, and show it in this answer alone."""
        owned = ask.viewer.organisation
        account, live = await self._account(ask)

        async def deed(session: Session) -> NewSecret:
            await ask.once(session, f"/service-accounts/{account.id}")
            keys, ends = self.backroom.ring.keys, ask.form.number("ends")
            return await replacing.account_password(session, ask.now_ms, ask.actor, keys, owned, account.id, ends)

        try:
            password = await self.directory.write(deed)
        except Conflict as refused:
            if account.state == "removed":
                raise
            ask.form.blame("ends", refused.cure)
            return self._before(ask, account, live)
        return self.frame.show(
            ask,
            "service_account_password.html",
            account=account,
            password=password,
            users=list((await counterparts.of_clients(self.directory.reader, account.clients)).values()),
            venues=await venues.venues_of(self.backroom, owned),
            words=words,
        )

    async def end(self, ask: Ask) -> Response[bytes]:
        """End one at once."""
        owned = ask.viewer.organisation
        account, _ = await self._account(ask)
        which = ask.form.number("password") or 0
        await self.directory.write(
            lambda session: accounts.end_password(session, ask.now_ms, ask.actor, owned, account.id, which)
        )
        return self.frame.go(ask, f"/service-accounts/{account.id}", "That password signs nobody in any more.")

    async def _account(self, ask: Ask) -> tuple[Account, list[StoredSecret]]:
        owned, reader = ask.viewer.organisation, self.directory.reader
        account = await accounts.get(reader, owned, ask.value("account"))
        known = await accounts.passwords_of(reader, owned, account.id)
        return account, [password for password in known if password.is_live(ask.now_ms)]

    def _before(self, ask: Ask, account: Account, live: list[StoredSecret]) -> Response[bytes]:
        unused = [password for password in live if password.last_used_at is None]
        is_full = len(live) >= MOST_LIVE
        return self.frame.show(
            ask,
            "service_account_password_before.html",
            status=200 if ask.form.is_sound else 422,
            account=account,
            live=live,
            replaced=unused[-1] if is_full and unused else None,
            endings=[_ending(password, ask.now_ms) for password in live] if is_full and not unused else [],
        )


def _ending(password: StoredSecret, now_ms: int) -> tuple[str, str, str]:
    """A password as the choice that ends it."""
    used = "never used" if password.last_used_at is None else Markup("last used {}").format(ago(password.last_used_at, now_ms))
    return (
        str(password.id),
        f"The one that ends in …{password.hint}",
        Markup("Made {}, {}.").format(on_day(password.created_at), used),
    )


def build(frame: Frame, done: Who) -> list[ControllerRouterHandler]:
    """The handlers, for `service_accounts`."""
    passwords = _Passwords(frame)
    return [
        frame.get(f"{PATH}/password", done, fresh=True)(passwords.ask_for),
        frame.post(f"{PATH}/password", done, fresh=True, form_at=_PAGE)(passwords.make),
        frame.post(f"{PATH}/password/end", done, fresh=True, form_at="/service-accounts/{account}")(passwords.end),
    ]
