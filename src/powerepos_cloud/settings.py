"""Every knob: name, default, help. Read from `POWEREPOS_*`, else from the TOML file that POWEREPOS_CONFIG names.

Rooms never read this: `app` and `manage` hand them values.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta

from powerepos_cloud.foundation.database.urls import parse_url

PREFIX = "POWEREPOS_"
SECRETS = ("master_key", "instance_credential", "metrics_token")
"""Settings whose values are never shown."""


class SettingsError(Exception):
    """A setting is unknown or has a value that it cannot take; the text names it and says what was expected."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field per setting; the environment variable is POWEREPOS_ and the name in capitals. Durations are seconds."""

    data: Annotated[str, Meta(description="Folder of the embedded databases, the master key and the demo's files.")] = "var"
    directory_database_url: Annotated[
        str, Meta(description="sqlite:///path or postgresql://…; empty: directory.sqlite3 in the data folder.")
    ] = ""
    partnerservices_database_url: Annotated[
        str, Meta(description="sqlite:///path or postgresql://…; empty: partnerservices.sqlite3 in the data folder.")
    ] = ""
    role: Annotated[
        str,
        Meta(description="all, authserver, partnerservices or webui.", pattern="^(all|authserver|partnerservices|webui)$"),
    ] = "all"
    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port to listen on.", ge=1, le=65535)] = 8000
    workers: Annotated[int, Meta(description="Worker processes; more than one wants PostgreSQL.", ge=1, le=64)] = 1
    issuer: Annotated[str, Meta(description="The AuthServer's public URL without a trailing slash: the `iss` of its tokens.")] = (
        "http://localhost:8000"
    )
    public_url: Annotated[str, Meta(description="The WebUI's public URL; empty: the issuer's.")] = ""
    host_names: Annotated[
        str, Meta(description="Further host names that the WebUI is served under, comma separated; its URL's own is.")
    ] = ""
    instance_databases: Annotated[
        str,
        Meta(
            description="Where the WebUI finds what organisations trade: INSTANCE-URI=DATABASE-URL, separated by spaces; "
            "empty: all instances are in the Partner Services database."
        ),
    ] = ""
    smtp_url: Annotated[
        str,
        Meta(
            description="Mail server: smtps://user:password@host:465, or smtp://user:password@host:587 (STARTTLS, needed but on "
            "loopback); empty: mail waits."
        ),
    ] = ""
    mail_from: Annotated[str, Meta(description="The sender of mail, such as PowerEPOS <no-reply@example.com>.")] = ""
    service_uri: Annotated[str, Meta(description="Partner Services: its instance's URI, ending in a slash.")] = ""
    instance_id: Annotated[str, Meta(description="Partner Services: the ID of its instance.")] = ""
    instance_credential: Annotated[str, Meta(description="Partner Services: the instance's pepos_si_… credential.")] = ""
    ros_uri: Annotated[str, Meta(description="Demo: URI of the remote order server's instance; empty: not served.")] = ""
    demo: Annotated[bool, Meta(description="Set by `powerepos-admin demo`: pages say so, and show outgoing mail.")] = False
    master_key: Annotated[
        str, Meta(description="Key that seals keys at rest; empty: read or make master.key in the data folder.")
    ] = ""
    trusted_proxies: Annotated[str, Meta(description="Networks (CIDR, comma separated) whose X-Forwarded-For is believed.")] = ""
    metrics_token: Annotated[
        str, Meta(description="Bearer token for /metrics and reasons in /readyz from elsewhere than loopback.")
    ] = ""
    key_rotation_days: Annotated[int, Meta(description="Age at which a signing key is replaced.", ge=2, le=3650)] = 90
    refresh_repeat_window: Annotated[
        int, Meta(description="How long a lost refresh answer may be fetched again.", ge=60, le=604_800)
    ] = 86_400
    refresh_late_repeats: Annotated[
        int,
        Meta(description="Generations in a row with a late repeat from another network that count as reuse.", ge=1, le=100),
    ] = 3
    families_per_connection: Annotated[
        int, Meta(description="Live refresh families per client and account.", ge=1, le=10_000)
    ] = 100
    revocations_stale: Annotated[
        int, Meta(description="After this long without the feed a worker answers 503.", ge=30, le=28_800)
    ] = 900
    body_timeout: Annotated[int, Meta(description="Time that a request's body may take to arrive.", ge=1, le=300)] = 20
    log_level: Annotated[str, Meta(description="debug, info, warning or error.", pattern="^(debug|info|warning|error)$")] = "info"

    def database_url(self, which: str) -> str:
        """The URL of the `directory` or `partnerservices` database, the default filled in."""
        configured: str = getattr(self, f"{which}_database_url")
        return configured or f"sqlite:///{Path(self.data).resolve() / (which + '.sqlite3')}"

    def databases_by_instance(self) -> dict[str, str]:
        """Instance URI → database URL, as far as they are set one by one. Raises `SettingsError`."""
        found: dict[str, str] = {}
        for entry in self.instance_databases.split():
            uri, _, url = entry.partition("=")  # the first one: those of a database's own options come later
            if not (uri.startswith(("https://", "http://")) and uri.endswith("/")):
                raise _wrong_instance("an instance's URI that ends in a slash, then = and its database's URL", uri)
            try:
                parse_url("Partner Services", url)
            except ValueError as error:
                raise _wrong_instance(f"the URL of a database after = ({error})", uri) from None
            if uri in found:
                raise _wrong_instance("each instance once", uri)
            found[uri] = url
        return found

    @property
    def master_key_path(self) -> Path:
        """Where the master key lies if the setting is empty."""
        return Path(self.data) / "master.key"


def load_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from the environment over the TOML file over the defaults; `overrides` (not None) win over all.

    Raises `SettingsError`.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    config = environment.get(PREFIX + "CONFIG")
    if config:
        values |= _read_file(Path(config))
    values |= {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != PREFIX + "CONFIG"
    }
    values |= {name: value for name, value in overrides.items() if value is not None}
    unknown = sorted(set(values) - set(Settings.__struct_fields__))
    if unknown:
        raise SettingsError(f"unknown setting {PREFIX}{unknown[0].upper()}: known are {', '.join(Settings.__struct_fields__)}")
    settings = Settings(**{name: _converted(name, value) for name, value in values.items()})
    settings.databases_by_instance()
    if bool(settings.smtp_url) != bool(settings.mail_from):
        raise SettingsError(f"{PREFIX}SMTP_URL and {PREFIX}MAIL_FROM belong together: set both or neither")
    if settings.issuer.endswith("/"):
        raise SettingsError(f"{PREFIX}ISSUER must not end in a slash: {settings.issuer}")
    return settings


def _wrong_instance(expected: str, uri: str) -> SettingsError:
    """Names the instance and never its database, whose URL may hold a password."""
    return SettingsError(f"{PREFIX}INSTANCE_DATABASES: expected {expected}, at {uri!r}")


def _converted(name: str, value: Any) -> Any:
    """The value as its field's type. Raises `SettingsError` naming the setting, what was expected, and what came."""
    hint = get_type_hints(Settings, include_extras=True)[name]
    try:
        return msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        came = "something else (not shown)" if name in SECRETS else repr(value)
        raise SettingsError(f"{PREFIX}{name.upper()}: expected {_expected(hint)}, got {came}") from error


def _expected(hint: Any) -> str:
    """In words, what a field takes."""
    kind, meta = hint.__origin__, hint.__metadata__[0]
    if meta.pattern is not None:
        return f"one of {meta.pattern.strip('^()$').replace('|', ', ')}"
    if kind is int:
        return f"a whole number from {meta.ge} to {meta.le}"
    return "true or false" if kind is bool else "text"


def as_environment(settings: Settings) -> dict[str, str]:
    """The settings as `POWEREPOS_*`, for a worker process."""
    values = msgspec.structs.asdict(settings)
    return {
        PREFIX + name.upper(): str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()
    }


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingsError(f"{PREFIX}CONFIG names {path}, which cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
