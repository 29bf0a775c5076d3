"""What pages reach through: databases, clock, keys, passwords. Handed in by `app`."""

from collections.abc import Callable

import msgspec
from powerepos.contract import AuthServerScopes

from powerepos_cloud.directory import assignments, services
from powerepos_cloud.directory.organisations import Organisation
from powerepos_cloud.directory.passwords import PasswordPool
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database
from powerepos_cloud.foundation.refusals import NotFound
from powerepos_cloud.foundation.sealing import Seal
from powerepos_cloud.keyring.ring import KeyRing
from powerepos_cloud.observability.logs import Log


class NoInstance(Exception):
    """The organisation's Partner Services database cannot be opened from here; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Backroom(msgspec.Struct, frozen=True):
    """The directory, the databases of Partner Services by their instances' URIs, and the tools of deeds."""

    directory: Database
    instances: Callable[[str], Database | None]
    ring: KeyRing
    seal: Seal
    clock: Clock
    passwords: PasswordPool
    log: Log

    async def partnerservices(self, organisation: Organisation) -> Database:
        """The database that holds what this organisation trades. Raises `NoInstance`."""
        try:
            assigned = await assignments.get(self.directory.reader, organisation, AuthServerScopes.PARTNER_SERVICE)
        except NotFound:
            raise NoInstance(f"{organisation.code} is assigned to no instance") from None
        found = self.instances(assigned.uri)
        if found is None:
            raise NoInstance(f"no database is set for {assigned.uri}: see POWEREPOS_INSTANCE_DATABASES")
        return found

    async def every_partnerservices(self) -> list[Database]:
        """The databases of all instances that can be opened from here, each once."""
        known = await services.instances_listing(self.directory.reader, AuthServerScopes.PARTNER_SERVICE)
        opened = [self.instances(one.uri) for one in known]
        return list({id(database): database for database in opened if database is not None}.values())
