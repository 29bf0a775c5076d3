"""What is done with a service account at the press of a button: whose it is, on and off, the end of its tokens, its end."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import accounts, counterparts, stopping
from powerepos_cloud.directory.accounts import Account
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, Who

PATH = "/service-accounts/{account:str}"

Deed = Callable[..., Awaitable[Any]]


class _Deeds:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.directory = frame.backroom.directory

    async def _account(self, ask: Ask) -> Account:
        return await accounts.get(self.directory.reader, ask.viewer.organisation, ask.value("account"))

    async def _do(self, ask: Ask, deed: Deed, said: str, *arguments: Any, **named: Any) -> Response[bytes]:
        """Do it in one unit, and lead back to the account; `said` may name it as {name}."""
        account, owned = await self._account(ask), ask.viewer.organisation
        await self.directory.write(lambda session: deed(session, ask.now_ms, ask.actor, owned, account.id, *arguments, **named))
        return self.frame.go(ask, f"/service-accounts/{account.id}", said.replace("{name}", account.name))

    async def bind_form(self, ask: Ask) -> Response[bytes]:
        """Who is behind a ClientID, before the account is opened to it."""
        account = await self._account(ask)
        ask.form = Form.of(client=ask.query("client"))
        user, stopped = None, None
        if ask.query("client"):
            try:
                user = await counterparts.get(self.directory.reader, ask.query("client"))
                stopped = await stopping.find(self.directory.reader, ask.viewer.organisation, user.partner_id)
            except NotFound as refused:
                ask.form.blame("client", f"Nobody has this ClientID. {refused.cure}")
        status = 200 if ask.form.is_sound else 422
        facts = {"account": account, "user": user, "stopped": stopped}
        return self.frame.show(ask, "service_account_bind.html", status=status, **facts)

    async def bind(self, ask: Ask) -> Response[bytes]:
        """Let this client use it."""
        user = await counterparts.get(self.directory.reader, ask.form.value("client"))
        said = f"{user.client_name} by {user.company_name} may use this account now."
        return await self._do(ask, accounts.bind, said, user.client_id)

    async def unbind(self, ask: Ask) -> Response[bytes]:
        """Let this client no longer use it."""
        said = "That integration no longer uses {name}. Its tokens end within two seconds."
        return await self._do(ask, accounts.unbind, said, ask.form.value("client"))

    async def open_to_any(self, ask: Ask) -> Response[bytes]:
        """Open it to any partner."""
        said = "{name} is open to any partner who has its password."
        return await self._do(ask, accounts.set_any_partner, said, any_partner=True)

    async def limit(self, ask: Ask) -> Response[bytes]:
        """Limit it to those that it is bound to."""
        said = "{name} is limited to the integrations below. All tokens issued before end within two seconds."
        return await self._do(ask, accounts.set_any_partner, said, any_partner=False)

    async def switch_off(self, ask: Ask) -> Response[bytes]:
        """Stop its tokens."""
        return await self._do(ask, accounts.switch_off, "{name} is off. Its next call is refused within two seconds.")

    async def switch_on(self, ask: Ask) -> Response[bytes]:
        """Let its tokens work again."""
        return await self._do(ask, accounts.switch_on, "{name} is on again.")

    async def end_tokens(self, ask: Ask) -> Response[bytes]:
        """End all that was ever issued to it."""
        said = "All tokens of {name} end within two seconds. Its integrations sign in again with the password."
        return await self._do(ask, accounts.revoke_everything, said)

    async def remove(self, ask: Ask) -> Response[bytes]:
        """End it for good."""
        return await self._do(ask, accounts.remove, "{name} is removed for good.")


def build(frame: Frame, done: Who) -> list[ControllerRouterHandler]:
    """The handlers, for `service_accounts`."""
    deeds = _Deeds(frame)
    return [
        frame.get(f"{PATH}/bind", done)(deeds.bind_form),
        frame.post(f"{PATH}/bind", done)(deeds.bind),
        frame.post(f"{PATH}/unbind", done)(deeds.unbind),
        frame.post(f"{PATH}/any-partner", done)(deeds.open_to_any),
        frame.post(f"{PATH}/limit", done)(deeds.limit),
        frame.post(f"{PATH}/off", done)(deeds.switch_off),
        frame.post(f"{PATH}/on", done)(deeds.switch_on),
        frame.post(f"{PATH}/end-tokens", done, fresh=True, form_at="/service-accounts/{account}")(deeds.end_tokens),
        frame.post(f"{PATH}/remove", done, fresh=True, form_at="/service-accounts/{account}")(deeds.remove),
    ]
