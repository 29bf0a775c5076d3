"""`/support/services`: how each service's tokens are made, its instances and their credentials, and which organisation is where.

Admins only. A credential is shown in the answer that makes it, to who has just proved who they are.
"""

from litestar import Response
from litestar.types import ControllerRouterHandler

from powerepos_cloud.directory import assignments, organisations, registers, rules, services
from powerepos_cloud.directory.credentials import NewSecret
from powerepos_cloud.directory.services import Instance, Service
from powerepos_cloud.foundation.database import Session
from powerepos_cloud.foundation.refusals import Conflict, Refused
from powerepos_cloud.webui.ask import Ask
from powerepos_cloud.webui.forms import Form
from powerepos_cloud.webui.frame import Frame, support
from powerepos_cloud.webui.navigation import SUPPORT, Link, PageGroup
from powerepos_cloud.webui.pages.support.who import ADMIN

_HERE, _INSTANCES = "/support/services", "/support/instances"
_LIVES = ("access_seconds", "refresh_idle_seconds", "refresh_total_seconds")


class _Pages:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.ring = frame.backroom.ring
        self.directory = frame.backroom.directory

    async def listing(self, ask: Ask) -> Response[bytes]:
        """All services and instances."""
        reader = self.directory.reader
        return self.frame.show(
            ask,
            "support/services.html",
            services=await services.listing(reader),
            instances=await services.instances_listing(reader),
            many=await registers.organisations_on(reader),
        )

    async def service(self, ask: Ask) -> Response[bytes]:
        """How a service's tokens are made."""
        found = await services.get(self.directory.reader, ask.value("name"))
        ask.form = Form.of(alg=found.alg, **{name: str(getattr(found, name)) for name in _LIVES})
        return self._service(ask, found)

    async def change_service(self, ask: Ask) -> Response[bytes]:
        """Change it from now on."""
        found = await services.get(self.directory.reader, ask.value("name"))
        wanted = {name: ask.form.number(name) for name in _LIVES}
        for name, value in wanted.items():
            if value is None:
                ask.form.blame(name, "Enter whole seconds.")
        if not ask.form.is_sound:
            return self._service(ask, found, status=422)

        async def deed(session: Session) -> Service:
            return await services.change(session, ask.now_ms, ask.actor, found.name, alg=ask.form.value("alg"), **wanted)

        try:
            await self.directory.write(deed)
        except Refused as refused:
            ask.form.refuse(refused)
            return self._service(ask, found, status=422)
        return self.frame.go(ask, _HERE, f"New tokens for {found.name} are made that way from now on.")

    async def new_instance(self, ask: Ask) -> Response[bytes]:
        """The form for another instance."""
        return await self._new_instance(ask)

    async def make_instance(self, ask: Ask) -> Response[bytes]:
        """Make an instance, and show its first credential in this answer alone."""

        async def deed(session: Session) -> tuple[Instance, NewSecret]:
            await ask.once(session, _HERE)
            service, uri, name = (ask.form.value(field) for field in ("service", "address", "name"))
            return await services.create_instance(session, ask.now_ms, ask.actor, self.ring.keys, service, uri, name)

        try:
            instance, credential = await self.directory.write(deed)
        except Refused as refused:
            ask.form.refuse(refused, instance_address="address", conflict="address")
            return await self._new_instance(ask, status=422)
        return self.frame.show(ask, "support/credential.html", instance=instance, credential=credential)

    async def instance(self, ask: Ask) -> Response[bytes]:
        """One instance."""
        return await self._show(ask, await self._instance(ask))

    async def add_credential(self, ask: Ask) -> Response[bytes]:
        """A second credential, shown in this answer alone."""
        instance = await self._instance(ask)

        async def deed(session: Session) -> NewSecret:
            await ask.once(session, f"{_INSTANCES}/{instance.id}")
            return await services.add_credential(session, ask.now_ms, ask.actor, self.ring.keys, instance.id)

        credential = await self.directory.write(deed)
        return self.frame.show(ask, "support/credential.html", instance=instance, credential=credential)

    async def end_credential(self, ask: Ask) -> Response[bytes]:
        """End one at once."""
        instance, which = await self._instance(ask), ask.form.number("credential") or 0
        await self.directory.write(lambda session: services.end_credential(session, ask.now_ms, ask.actor, instance.id, which))
        return self.frame.go(ask, f"{_INSTANCES}/{instance.id}", "That credential opens nothing any more.")

    async def place(self, ask: Ask) -> Response[bytes]:
        """Put an organisation on this instance, or flip it over once its records are here."""
        instance, is_move = await self._instance(ask), ask.form.has("moved")

        async def deed(session: Session) -> str:
            await ask.once(session, f"{_INSTANCES}/{instance.id}")
            found = await organisations.by_code(session, ask.form.value("code"))
            change = assignments.move if is_move else assignments.assign
            await change(session, ask.now_ms, ask.actor, found, instance.id)
            return found.code

        try:
            code = await self.directory.write(deed)
        except Conflict as refused:
            ask.form.blame("code", f"{refused.what[:1].upper()}{refused.what[1:]}. Once they are here, tick the box.")
            return await self._show(ask, instance, status=422)
        except Refused as refused:
            ask.form.refuse(refused, conflict="code")
            return await self._show(ask, instance, status=422)
        said = f"{code} is on this instance. Tokens for another one are refused there." if is_move else f"{code} is on it now."
        return self.frame.go(ask, f"{_INSTANCES}/{instance.id}", said)

    async def _instance(self, ask: Ask) -> Instance:
        return await services.instance(self.directory.reader, ask.value("instance_id"))

    def _service(self, ask: Ask, found: Service, *, status: int = 200) -> Response[bytes]:
        algorithms = [(one, one) for one in rules.ALGORITHMS]
        return self.frame.show(ask, "support/service.html", status=status, service=found, algorithms=algorithms)

    async def _new_instance(self, ask: Ask, *, status: int = 200) -> Response[bytes]:
        names = [(one.name, one.name) for one in await services.listing(self.directory.reader)]
        return self.frame.show(ask, "support/instance_new.html", status=status, names=names)

    async def _show(self, ask: Ask, instance: Instance, *, status: int = 200) -> Response[bytes]:
        reader = self.directory.reader
        return self.frame.show(
            ask,
            "support/instance.html",
            status=status,
            instance=instance,
            credentials=await services.credentials_of(reader, instance.id),
            placed=await registers.organisations_at(reader, instance.id),
            many=(await registers.organisations_on(reader)).get(instance.id, 0),
        )


def _build(frame: Frame) -> list[ControllerRouterHandler]:
    pages, who, one = _Pages(frame), support(ADMIN), f"{_INSTANCES}/{{instance_id:str}}"
    return [
        frame.get(_HERE, who)(pages.listing),
        frame.get(f"{_HERE}/{{name:str}}", who)(pages.service),
        frame.post(f"{_HERE}/{{name:str}}", who)(pages.change_service),
        frame.get(f"{_INSTANCES}/new", who, fresh=True)(pages.new_instance),
        frame.post(f"{_INSTANCES}/new", who, fresh=True)(pages.make_instance),
        frame.get(one, who)(pages.instance),
        frame.post(f"{one}/credentials", who, fresh=True, form_at=one.replace(":str", ""))(pages.add_credential),
        frame.post(f"{one}/credentials/end", who, fresh=True, form_at=one.replace(":str", ""))(pages.end_credential),
        frame.post(f"{one}/organisations", who)(pages.place),
    ]


GROUP = PageGroup(_build, (Link(SUPPORT, "Records", "Services", _HERE, "server", (ADMIN,), 60),))
