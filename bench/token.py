"""Tokens per second: password and refresh grants against the running server, durable, one worker, beside their floor.

Run: `python -m bench.token [seconds]`. Prints ratios; the floor is measured in the same run, rounds are taken in turn.
"""

import sys

if sys.path[0].endswith("/bench"):  # run as a file: its folder must not hide the standard module `token`
    sys.path[0] = sys.path[0].removesuffix("/bench")

import asyncio
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

import msgspec

from bench.floor import hmacs_us, sign_us, store_us
from bench.load import Round, free_port, granian, median, print_table, process, wrk
from bench.world import PASSWORD_GRANTS, make_data

CONNECTIONS = 32
ROUNDS = 3

_POST = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n'
_FROM_LIST = "local i = 0\nrequest = function() i = i + 1; return wrk.format(nil, nil, nil, bodies[i % #bodies + 1]) end\n"
# A token that was answered is the next to be used, so every request is a true rotation.
_ROTATING = """
local first, last = 1, #tokens
request = function()
  local token = tokens[first]; tokens[first] = nil; first = first + 1
  return wrk.format(nil, nil, nil, start .. token)
end
response = function(status, headers, body)
  last = last + 1; tokens[last] = string.match(body, '"refresh_token":"([^"]+)"')
end
"""


def main(seconds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="bench-token-") as name:
        folder = Path(name)
        port, echo_port = free_port(), free_port()
        url = f"http://127.0.0.1:{port}"
        settings = {"POWEREPOS_DATA": name, "POWEREPOS_ISSUER": url, "POWEREPOS_LOG_LEVEL": "warning"}
        bodies = asyncio.run(make_data(folder, url))
        server = granian(port, "--factory", "powerepos_cloud.app:from_environment")
        echo = granian(echo_port, "--working-dir", "bench", "echo:app")
        with process(server, f"{url}/readyz", settings), process(echo, f"http://127.0.0.1:{echo_port}/echo"):
            found = _measure(url, f"http://127.0.0.1:{echo_port}/echo", bodies, seconds)
        _report(found, {"sign": sign_us(), "hmacs": hmacs_us(), **store_us(folder)})


def _measure(url: str, echo_url: str, bodies: list[str], seconds: int) -> dict[str, Round]:
    token_url = f"{url}/authorisation/token"
    password = _POST + f"local bodies = {_lua_list(bodies)}\n" + _FROM_LIST
    echo = _POST + f"local bodies = {_lua_list(bodies[:1])}\n" + _FROM_LIST
    wrk(token_url, password, connections=CONNECTIONS, seconds=2)  # warm
    rounds: dict[str, list[Round]] = {"echo": [], "password": [], "refresh": []}
    for _ in range(ROUNDS):
        rounds["echo"].append(wrk(echo_url, echo, connections=CONNECTIONS, seconds=seconds))
        rounds["password"].append(wrk(token_url, password, connections=CONNECTIONS, seconds=seconds))
        refresh = _POST + _refresh_setup(token_url, bodies) + _ROTATING
        rounds["refresh"].append(wrk(token_url, refresh, connections=CONNECTIONS, seconds=seconds))
    return {name: median(taken) for name, taken in rounds.items()}


def _refresh_setup(token_url: str, bodies: list[str]) -> str:
    """Twice as many live refresh tokens as connections, as Lua."""
    tokens = []
    for body in (bodies * 4)[: CONNECTIONS * 2]:
        with urllib.request.urlopen(token_url, body.encode()) as answer:
            tokens.append(msgspec.json.decode(answer.read())["refresh_token"])
    form = dict(urllib.parse.parse_qsl(bodies[0]))
    start = urllib.parse.urlencode(
        {"grant_type": "refresh_token", "client_id": form["client_id"], "client_secret": form["client_secret"]}
    )
    return f'local start = "{start}&refresh_token="\nlocal tokens = {_lua_list(tokens)}\n'


def _lua_list(words: list[str]) -> str:
    return "{" + ",".join(f'"{word}"' for word in words) + "}"


def _report(found: dict[str, Round], costs: dict[str, float]) -> None:
    http_us = 1e6 / found["echo"].per_second
    parts = http_us + costs["sign"] + costs["hmacs"] + costs["join"]
    floors = {name: 1e6 / (parts + costs[name]) for name in ("commit alone", "commit shared by 8")}
    shown = [
        ("HTTP echo", http_us),
        ("ES256 signature", costs["sign"]),
        ("three HMACs", costs["hmacs"]),
        ("join", costs["join"]),
    ]
    shown += [(f"insert, {name}", costs[name]) for name in floors]
    print_table("The floor's parts", ("part", "us"), [(name, f"{us:.1f}") for name, us in shown])
    rows = [(f"floor, {name}", f"{rate:.0f}", "", "", "") for name, rate in floors.items()]
    shared = floors["commit shared by 8"]
    for grant in ("password", "refresh"):
        one = found[grant]
        rows.append(
            (
                f"{grant} grant",
                f"{one.per_second:.0f}",
                f"{one.per_second / shared:.2f}",
                f"{one.p99_ms:.1f}",
                str(one.failed),
            )
        )
    print_table(
        f"Tokens, durable, one worker, {CONNECTIONS} connections",
        ("what", "per s", "of shared floor", "p99 ms", "refused"),
        rows,
    )
    print(f"\n(Accounts in turn: {PASSWORD_GRANTS}. The floor shares one commit among 8; the server among all that wait.)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
