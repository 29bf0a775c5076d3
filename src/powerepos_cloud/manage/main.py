"""The operator's command. Each noun is a module of this room; this one only puts them together."""

from typing import Annotated

import typer

from powerepos_cloud.directory import facts
from powerepos_cloud.foundation.database.migrate import History
from powerepos_cloud.manage import (
    catalogue,
    client,
    connection,
    db,
    key,
    organisation,
    outlet,
    partner,
    service,
    service_account,
    user,
)
from powerepos_cloud.manage.audit import audit
from powerepos_cloud.manage.console import Commands, Problem, require_migrated, run
from powerepos_cloud.manage.doctor import doctor
from powerepos_cloud.manage.serve import is_loopback
from powerepos_cloud.manage.serve import serve as serve_app
from powerepos_cloud.manage.status import status
from powerepos_cloud.settings import load_settings

Host = Annotated[str | None, typer.Option("--host", help="Address to listen on.", show_default=False)]
Port = Annotated[int | None, typer.Option("--port", help="Port to listen on.", show_default=False)]
Data = Annotated[str | None, typer.Option("--data", help="Folder of the embedded databases.", show_default=False)]

_NEEDS: dict[str, tuple[History, ...]] = {
    "authserver": ("directory",),
    "webui": ("directory",),
    "partnerservices": ("partnerservices",),
}


def build() -> typer.Typer:
    """The whole command."""
    app = typer.Typer(
        cls=Commands,
        help="Run PowerEPOS: its servers, its partners, its merchants. Every command takes --json.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # it would show local variables, secrets among them
    )
    for name, group in (
        ("organisation", organisation),
        ("partner", partner),
        ("client", client),
        ("service", service),
        ("service-account", service_account),
        ("connection", connection),
        ("outlet", outlet),
        ("catalogue", catalogue),
        ("user", user),
        ("key", key),
        ("db", db),
    ):
        app.add_typer(group.commands(), name=name)
    app.command("audit")(audit)
    app.command("status")(status)
    app.command("doctor")(doctor)
    app.command("serve")(serve)
    app.command("demo")(demo)
    return app


def serve(
    role: Annotated[
        str | None, typer.Option("--role", help="all, authserver, partnerservices or webui.", show_default=False)
    ] = None,
    host: Host = None,
    port: Port = None,
    data: Data = None,
) -> None:
    """Serve one role or all of them until a signal ends it."""
    settings = load_settings(role=role, host=host, port=port, data=data)
    needs = _NEEDS.get(settings.role, db.DATABASES)
    for which in needs:
        require_migrated(settings, which)
    is_public = not is_loopback(settings.host)
    if is_public and "directory" in needs and run(lambda desk: desk.ask(facts.is_demo), settings=settings):
        raise Problem(f"this directory was filled by the demo and is never served on {settings.host}: use another POWEREPOS_DATA")
    serve_app(settings)


def demo(port: Port = None, data: Data = None) -> None:
    """Everything on this machine with made-up data, ready in seconds."""
    from powerepos_cloud.manage.demo import run_demo  # it brings the servers with it, which other commands need not wait for

    run_demo(load_settings(port=port, data=data))


def main() -> None:
    """What `powerepos-admin` runs."""
    build()()
