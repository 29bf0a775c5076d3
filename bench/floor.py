"""What a token cannot cost less than, measured piece by piece in the same run (microseconds of one core)."""

import hmac
import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def each_us(work: Callable[[], object], *, seconds: float = 0.7) -> float:
    """Microseconds that one call takes: the median over small blocks."""
    blocks: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        for _ in range(20):
            work()
        blocks.append((time.perf_counter() - started) / 20)
    return sorted(blocks)[len(blocks) // 2] * 1e6


def sign_us() -> float:
    """One raw ES256 signature over a token's signing input."""
    key, algorithm, data = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256()), b"x" * 600
    return each_us(lambda: key.sign(data, algorithm))


def hmacs_us() -> float:
    """The three keyed hashes of a password grant: client secret, account password, refresh token."""
    key, secret = secrets.token_bytes(32), b"hash\0cs\0" + b"s" * 50
    return each_us(lambda: [hmac.digest(key, secret, "sha256") for _ in range(3)])


def store_us(folder: Path) -> dict[str, float]:
    """One raw join of client, account and organisation; one insert with a durable commit, alone and shared by 8."""
    database = sqlite3.connect(folder / "floor.sqlite3", isolation_level=None, cached_statements=64)
    database.execute("PRAGMA journal_mode = WAL").fetchone()
    database.execute("PRAGMA synchronous = FULL")
    database.executescript("""
        CREATE TABLE organisations (id INTEGER PRIMARY KEY, code TEXT UNIQUE, kapow TEXT, state TEXT);
        CREATE TABLE clients (id TEXT PRIMARY KEY, hash BLOB UNIQUE, state TEXT);
        CREATE TABLE accounts (id TEXT PRIMARY KEY, organisation_id INTEGER, hash BLOB UNIQUE, permissions TEXT);
        CREATE TABLE families (
            id TEXT PRIMARY KEY, client_id TEXT, account_id TEXT, hash BLOB UNIQUE, scope TEXT, at INTEGER
        );
    """)
    for n in range(64):
        database.execute("INSERT INTO organisations VALUES (?, ?, 'k', 'active')", (n, f"ORG-{n}"))
        database.execute("INSERT INTO clients VALUES (?, ?, 'active')", (f"c{n}", secrets.token_bytes(32)))
        database.execute("INSERT INTO accounts VALUES (?, ?, ?, '[]')", (f"a{n}", n, secrets.token_bytes(32)))
    join = """SELECT c.id, a.id, a.permissions, o.code, o.kapow FROM clients c, accounts a JOIN organisations o
              ON o.id = a.organisation_id WHERE c.id = ? AND a.id = ? AND o.code = ?"""
    insert = "INSERT INTO families VALUES (?, ?, ?, ?, 'partnerservices offline_access', 0)"

    def commit(rows: int) -> None:
        database.execute("BEGIN IMMEDIATE")
        for _ in range(rows):
            database.execute(insert, (f"{time.time_ns():020d}{secrets.token_hex(8)}", "c1", "a1", secrets.token_bytes(32)))
        database.execute("COMMIT")

    costs = {
        "join": each_us(lambda: database.execute(join, ("c1", "a1", "ORG-1")).fetchall()),
        "commit alone": each_us(lambda: commit(1)),
        "commit shared by 8": each_us(lambda: commit(8)) / 8,
    }
    database.close()
    return costs
