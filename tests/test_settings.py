"""Settings: each wrong one is named, with what was expected and what came."""

from pathlib import Path
from typing import get_type_hints

import pytest

from powerepos_cloud.settings import SECRETS, Settings, SettingsError, as_environment, load_settings


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "eighty", "POWEREPOS_PORT: expected a whole number from 1 to 65535, got 'eighty'"),
        ("PORT", "0", "POWEREPOS_PORT: expected a whole number from 1 to 65535, got '0'"),
        ("WORKERS", "1.5", "POWEREPOS_WORKERS: expected a whole number from 1 to 64, got '1.5'"),
        ("DEMO", "maybe", "POWEREPOS_DEMO: expected true or false, got 'maybe'"),
        ("ROLE", "king", "POWEREPOS_ROLE: expected one of all, authserver, partnerservices, webui, got 'king'"),
        ("LOG_LEVEL", "", "POWEREPOS_LOG_LEVEL: expected one of debug, info, warning, error, got ''"),
    ],
)
def test_a_wrong_value_is_told_with_the_settings_name(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({f"POWEREPOS_{name}": value})
    assert str(caught.value) == sentence


def test_a_wrong_type_in_the_file_is_told_and_a_secret_is_not(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    for line, sentence in (
        ('port = ["a"]', "POWEREPOS_PORT: expected a whole number from 1 to 65535, got ['a']"),
        ("data = 7", "POWEREPOS_DATA: expected text, got 7"),
        ("master_key = 123456", "POWEREPOS_MASTER_KEY: expected text, got something else (not shown)"),
    ):
        file.write_text(line)
        with pytest.raises(SettingsError) as caught:
            load_settings({"POWEREPOS_CONFIG": str(file)})
        assert str(caught.value) == sentence


def test_settings_come_back_from_the_environment_as_they_were() -> None:
    settings = Settings(port=8123, demo=True, master_key="k", issuer="https://auth.example")
    assert load_settings(as_environment(settings)) == settings


def test_what_is_expected_can_be_said_of_every_setting() -> None:
    for name in get_type_hints(Settings):
        with pytest.raises(SettingsError, match=f"^POWEREPOS_{name.upper()}: expected .+, got "):
            load_settings({}, **{name: object()})
    assert set(SECRETS) <= set(get_type_hints(Settings))
