"""A directory for the token benchmark: one organisation, one client, many service accounts, as a live system would have."""

import urllib.parse
from pathlib import Path

from powerepos.contract import Permissions

from powerepos_cloud.audit.store import Actor
from powerepos_cloud.directory import accounts, assignments, clients, organisations, partners, services
from powerepos_cloud.foundation.clock import SystemClock
from powerepos_cloud.foundation.database import Session, open_database
from powerepos_cloud.foundation.database.migrate import upgrade
from powerepos_cloud.foundation.sealing import Seal, load_master_key
from powerepos_cloud.keyring import store as keyring_store
from powerepos_cloud.keyring.ring import KeyRing

PASSWORD_GRANTS = 64
_ACTOR = Actor("operator", "bench")


async def make_data(folder: Path, issuer: str, permission: str = Permissions.PARTNER_SALES_SUBMIT) -> list[str]:
    """Fill both databases in `folder`; one password grant's form per service account, which has the permission."""
    urls = {which: f"sqlite:///{folder / (which + '.sqlite3')}" for which in ("directory", "partnerservices")}
    upgrade(urls["directory"], "directory")
    upgrade(urls["partnerservices"], "partnerservices")
    database, clock = open_database("directory", urls["directory"]), SystemClock()
    seal = Seal(load_master_key(None, folder / "master.key"))
    await database.write(lambda session: keyring_store.ensure(session, seal, clock.now_ms(), {"ES256"}))
    ring = KeyRing(database, seal, clock)
    await ring.load()

    async def unit(session: Session) -> list[str]:
        now = clock.now_ms()
        await services.ensure_services(session)
        instance, _ = await services.create_instance(session, now, _ACTOR, ring.keys, "partnerservices", f"{issuer}/", "bench")
        organisation = await organisations.create(session, now, _ACTOR, "BENCH", "Bench")
        await assignments.assign(session, now, _ACTOR, organisation, instance.id)
        partner = await partners.create(session, now, _ACTOR, "Bench", "https://bench.example", "Kim", "kim@bench.example")
        client, secret = await clients.create(session, now, _ACTOR, ring.keys, partner, "bench", ["password", "refresh_token"])
        forms = []
        for n in range(PASSWORD_GRANTS):
            account, password = await accounts.create(
                session,
                now,
                _ACTOR,
                ring.keys,
                organisation,
                f"till {n}",
                [permission],
                None,
                [client.id],
            )
            form = {
                "grant_type": "password",
                "client_id": client.id,
                "client_secret": secret.secret,
                "org_id": organisation.code,
                "username": account.id,
                "password": password.secret,
                "scope": "partnerservices offline_access",
            }
            forms.append(urllib.parse.urlencode(form))
        return forms

    forms = await database.write(unit)
    await database.close()
    return forms
