"""Keys at rest are sealed under the master key, whose file is its owner's alone."""

import multiprocessing
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from powerepos_cloud.foundation.sealing import MasterKeyError, Seal, load_master_key

MASTER = "A" * 43 + "="


@given(st.binary())
def test_what_was_sealed_is_opened_and_not_readable_before(plain: bytes) -> None:
    seal = Seal(MASTER)
    sealed = seal.close(plain)
    assert seal.open(sealed) == plain
    assert len(plain) < 4 or plain not in sealed


def test_another_master_key_opens_nothing_and_says_what_to_do() -> None:
    sealed = Seal(MASTER).close(b"key")
    with pytest.raises(MasterKeyError, match="POWEREPOS_MASTER_KEY"):
        Seal(Fernet.generate_key().decode()).open(sealed)


def test_what_was_changed_since_is_not_opened() -> None:
    sealed = bytearray(Seal(MASTER).close(b"key"))
    sealed[len(sealed) // 2] ^= 1
    with pytest.raises(MasterKeyError):
        Seal(MASTER).open(bytes(sealed))


@pytest.mark.parametrize("master", ["", "short", "A" * 44, "é" * 44])
def test_a_malformed_master_key_is_named_as_such(master: str) -> None:
    with pytest.raises(MasterKeyError, match="44 characters"):
        Seal(master)


def test_the_setting_goes_before_the_file_and_makes_none(tmp_path: Path) -> None:
    assert load_master_key(MASTER, tmp_path / "master.key") == MASTER
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_made_once_private_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "master.key"
    made = load_master_key(None, path)
    assert load_master_key(None, path) == made
    Seal(made)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    load_master_key(None, path)
    path.chmod(mode)
    with pytest.raises(MasterKeyError, match="chmod 600"):
        load_master_key(None, path)


def _load(path: Path, start: "multiprocessing.synchronize.Barrier", found: "multiprocessing.Queue[str]") -> None:
    start.wait()
    found.put(load_master_key(None, path))


def test_processes_that_start_at_once_use_the_same_key(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    for attempt in range(2):
        start, found = spawn.Barrier(4), spawn.Queue()
        processes = [spawn.Process(target=_load, args=(tmp_path / f"{attempt}.key", start, found)) for _ in range(4)]
        for process in processes:
            process.start()
        keys = {found.get(timeout=60) for _ in processes}
        for process in processes:
            process.join()
        assert len(keys) == 1
        Seal(keys.pop())
