"""People for tests of signed-in pages: one of each role, at the world's two organisations, two partners, and support."""

from dataclasses import dataclass

import pyotp
from argon2 import PasswordHasher

from powerepos_cloud.audit.store import SYSTEM
from powerepos_cloud.directory import organisations, partners, second_factor, users
from powerepos_cloud.directory.users import User
from powerepos_cloud.foundation.clock import Clock
from powerepos_cloud.foundation.database import Database, Session
from powerepos_cloud.foundation.sealing import Seal
from tests.support.world import World

PASSWORD = "correct horse battery staple"
CHEAP_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""A hash says what it costs to verify it: so signing in is quick in tests."""
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in; `code_at` gives the second factor's code where there is one."""

    email: str
    has_code: bool = False

    def code_at(self, now_ms: int) -> str | None:
        """The code at this instant."""
        return pyotp.TOTP(TOTP_SECRET).at(now_ms // 1000) if self.has_code else None


PEOPLE: dict[tuple[str, str], Person] = {
    ("organisation", "owner"): Person("owner@harbour.example"),
    ("organisation", "manager"): Person("manager@harbour.example"),
    ("organisation", "viewer"): Person("viewer@harbour.example"),
    ("lakeside", "owner"): Person("owner@lakeside.example"),
    ("partner", "owner"): Person("lead@tallyho.example"),
    ("partner", "developer"): Person("developer@tallyho.example"),
    ("rival", "owner"): Person("lead@rival.example"),
    ("support", "admin"): Person("admin@support.example", has_code=True),
    ("support", "agent"): Person("agent@support.example", has_code=True),
    ("both", "owner"): Person("both@everywhere.example"),
    ("nothing", ""): Person("nobody@nowhere.example"),
}
"""(audience, role) → person. `lakeside` and `rival` are the other organisation and partner; `both` owns all four."""


async def add_people(database: Database, world: World, clock: Clock, seal: Seal) -> dict[tuple[str, str], User]:
    """Write them all."""
    return await database.write(lambda session: _add(session, world, clock.now_ms(), seal))


async def _add(session: Session, world: World, now: int, seal: Seal) -> dict[tuple[str, str], User]:
    harbour = await organisations.by_code(session, world.harbour.code)
    lakeside = await organisations.by_code(session, world.lakeside.code)
    tallyho, rival = [await partners.get(session, world.partners[name]) for name in ("Tallyho", "Rival")]
    made: dict[tuple[str, str], User] = {}
    for (audience, role), person in PEOPLE.items():
        staff_role = role if audience == "support" else None
        name = f"{role.capitalize() or 'Nobody'} {audience.capitalize()}"
        user = await users.create(session, now, SYSTEM, person.email, name, CHEAP_HASH, staff_role)
        if person.has_code:
            await users.set_totp(session, now, SYSTEM, user, second_factor.sealed(seal, TOTP_SECRET))
        for organisation, where in ((harbour, ("organisation", "both")), (lakeside, ("lakeside", "both"))):
            if audience in where:
                await users.link_organisation(session, now, SYSTEM, user, organisation, role)
        for partner, where in ((tallyho, ("partner", "both")), (rival, ("rival", "both"))):
            if audience in where:
                await users.link_partner(session, now, SYSTEM, user, partner, role)
        made[audience, role] = user
    return made
