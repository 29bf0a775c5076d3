"""Hostile input over real HTTP, against a real server process, byte by byte (contract section 3; RFC 9112).

What the server's HTTP parser refuses by itself (a broken request line, a bomb of headers) it answers with a bare 4xx: there is
no request yet that could have an ID.
"""

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.application import settings_for
from tests.support.fuzz import EXAMPLES
from tests.support.oauth import assert_refused, assert_well_worded
from tests.support.server import Server, serving
from tests.support.world import World

BODY_SECONDS = 2
HEAD = b"POST /authorisation/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
ANOTHER = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def server(anyio_backend: str, world: World, directory_url: str, partnerservices_url: str) -> Iterator[Server]:
    """A server on the world's data; whatever a test does to it, it must stay healthy and note no fault of its own."""
    with serving(settings_for(directory_url, partnerservices_url, body_timeout=BODY_SECONDS)) as started:
        yield started
        assert httpx.get(f"{started.url}/readyz").status_code == 200
        right = world.client.form("password", **world.account.login())
        assert httpx.post(f"{started.url}/authorisation/token", data=right).status_code == 200
        logged = started.logged()
        assert "Traceback" not in logged
        assert '"level":"error"' not in logged


@pytest.fixture
def right(world: World) -> bytes:
    """The form of a request that gets a token."""
    return urlencode(world.client.form("password", **world.account.login())).encode()


def with_length(body: bytes, head: bytes = HEAD) -> bytes:
    """A request whose length is told by Content-Length."""
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def in_chunks(body: bytes, size: int = 7, head: bytes = HEAD) -> bytes:
    """A request whose body comes in chunks (RFC 9112 section 7.1), with an extension and a trailer."""
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    framed = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\nX-Trailer: yes\r\n\r\n"


def read_answer(connection: socket.socket, method: str = "POST") -> httpx.Response:
    """The answer on a connection, on which none came before."""
    with http.client.HTTPResponse(connection, method=method) as answer:
        answer.begin()
        content = answer.read()
    request = httpx.Request(method, "http://localhost")
    return httpx.Response(answer.status, headers=answer.getheaders(), content=content, request=request)


def ask(server: Server, request: bytes, method: str = "POST") -> httpx.Response:
    """The answer to a request of any bytes, on a connection of its own."""
    with server.connect() as connection:
        connection.sendall(request)
        return read_answer(connection, method)


def read_all(connection: socket.socket, answers: int = 1) -> bytes:
    """What comes until the connection is closed, or this many answers are there and nothing came for half a second more."""
    received = b""
    with suppress(TimeoutError, ConnectionResetError):
        while part := connection.recv(65_536):
            received += part
            if received.count(b"HTTP/1.1 ") >= answers:
                connection.settimeout(0.5)
    return received


def is_closed(connection: socket.socket, seconds: float = 10) -> bool:
    """Whether the server closes the connection within some seconds."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def test_a_form_is_read_whatever_pieces_it_comes_in(server: Server, right: bytes) -> None:
    for request in (with_length(right), in_chunks(right), in_chunks(right, 1), in_chunks(right, 4096)):
        answer = ask(server, request)
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-request-id"]
    with server.connect() as connection:
        for byte in with_length(right):
            connection.sendall(bytes([byte]))
        assert read_answer(connection).status_code == 200
    with server.connect() as connection:
        connection.sendall(with_length(right, HEAD + b"Expect: 100-continue\r\n"))
        assert read_answer(connection).status_code == 200
    with server.connect() as connection:  # pipelined: answered in order
        connection.sendall(with_length(right) + in_chunks(b"grant_type=x") + with_length(right))
        assert re.findall(rb"HTTP/1\.1 (\d{3}) ", read_all(connection, 3)) == [b"200", b"401", b"200"]


def test_a_request_is_never_taken_for_two(server: Server, right: bytes) -> None:
    chunked = b"Transfer-Encoding: chunked\r\n"
    hidden = b"0\r\n\r\n" + ANOTHER
    length = b"Content-Length: %d\r\n" % len(hidden)
    for headers in (
        length + chunked,
        chunked + length,
        chunked + b"Content-Length: 5\r\n",
        b"Content-Length: 5\r\n" + b"Content-Length: %d\r\n" % len(hidden),
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Content-Length : 5\r\n",
        b"Content-Length:\r\n 5\r\n",
        chunked + chunked,
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n" + length,
        b"Transfer-Encoding : chunked\r\n" + length,
        b"Transfer-Encoding\0: chunked\r\n" + length,
    ):
        with server.connect() as connection:
            connection.sendall(HEAD + headers + b"\r\n" + hidden)
            received = read_all(connection)
            answers = re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)
            assert answers in ([b"400"], [b"401"]), (headers, received)
            assert b"ok\n" not in received
            assert is_closed(connection), headers


def test_two_hosts_or_two_transfer_encodings_are_refused_in_the_words_of_the_door(server: Server) -> None:
    for twice in (b"Host: a\r\nHost: a\r\n", b"Host: a\r\n" + 2 * b"Transfer-Encoding: chunked\r\n"):
        for path in (b"/authorisation/token", b"//authorisation///token", b"/authorisation/jwks"):
            answer = ask(server, b"POST %b HTTP/1.1\r\n%b\r\n0\r\n\r\n" % (path, twice))
            assert_refused(answer, 400, "invalid_request", says="one Host")
            assert answer.headers["connection"] == "close"
        answer = ask(server, b"POST /api/v1/connection HTTP/1.1\r\n%b\r\n0\r\n\r\n" % twice)
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "request.malformed")
        assert ask(server, b"GET / HTTP/1.1\r\n%b\r\n0\r\n\r\n" % twice).status_code == 400


def test_a_request_of_http_1_1_without_host_is_refused(server: Server, right: bytes) -> None:
    answer = ask(server, with_length(right, HEAD.replace(b"Host: localhost\r\n", b"")))
    assert_refused(answer, 400, "invalid_request", says="one Host")
    answer = ask(server, b"GET /api/v1/connection HTTP/1.1\r\n\r\n", "GET")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "request.malformed")
    assert answer.headers["connection"] == "close"


def test_head_is_answered_as_get_without_content(server: Server) -> None:
    for path in ("/authorisation/jwks", "/.well-known/oauth-authorization-server", "/api/v1/connection",
                 "/.well-known/oauth-protected-resource", "/healthz", "/docs"):  # fmt: skip
        line = f" {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        get, head = ask(server, b"GET" + line, "GET"), ask(server, b"HEAD" + line, "HEAD")
        assert (head.status_code, head.content) == (get.status_code, b""), path
        for name in ("content-type", "content-length", "etag", "cache-control", "www-authenticate"):
            assert head.headers.get(name) == get.headers.get(name), (path, name)
        with server.connect() as connection:
            connection.sendall(b"HEAD" + line)
            assert read_all(connection).endswith(b"\r\n\r\n"), path


def test_a_body_too_large_is_413_however_large_and_however_framed(server: Server, right: bytes) -> None:
    for size in (17_000, 1_000_000, 10_000_000):
        body = right + b"&filler=" + b"x" * size
        for request in (with_length(body), in_chunks(body, 60_000)):
            assert_refused(ask(server, request), 413, "invalid_request", says="16384")
    with server.connect() as connection:  # a large one announced, and only its beginning sent
        connection.sendall(HEAD + b"Content-Length: 1000000000000\r\n\r\n" + b"x" * 20_000)
        assert_refused(read_answer(connection), 413, "invalid_request")
    for path in (b"/authorisation/revoke", b"/authorisation/introspect"):
        head = HEAD.replace(b"/authorisation/token", path)
        assert_refused(ask(server, with_length(b"x" * 100_000, head)), 413, "invalid_request")


def test_slow_bodies_end_in_408_and_keep_nobody_waiting(server: Server, right: bytes) -> None:
    paths = (b"/authorisation/token", b"/authorisation/revoke", b"/authorisation/introspect")
    with ExitStack() as stack:
        slow = []
        for number in range(60):
            connection = stack.enter_context(server.connect())
            head = HEAD.replace(b"/authorisation/token", paths[number % 3])
            framed = b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n" if number % 2 else b"Content-Length: 100\r\n\r\nx"
            connection.sendall(head + framed)
            slow.append(connection)
        stack.enter_context(trickling(slow[:10:2]))
        for _ in range(10):
            assert ask(server, with_length(right)).status_code == 200
        for connection in slow:
            answer = read_answer(connection)
            assert_refused(answer, 408, "invalid_request", says="in time")
            assert answer.headers["connection"] == "close"
        assert all(is_closed(connection) for connection in slow)


@contextmanager
def trickling(connections: list[socket.socket]) -> Iterator[None]:
    """A byte now and then on each connection, which must not prolong the time that the body has."""
    ended = threading.Event()

    def send() -> None:
        while not ended.wait(0.3):
            for connection in connections:
                with suppress(OSError):
                    connection.sendall(b"x")

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_callers_that_vanish_leave_no_trace(server: Server, right: bytes) -> None:
    request = with_length(right)
    for at in range(1, len(request), 23):
        with server.connect() as connection:
            connection.sendall(request[:at])
            if at % 2:  # with a reset instead of an orderly end
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    for _ in range(20):
        with server.connect() as connection:
            connection.sendall(request)  # and does not wait for the answer
    assert ask(server, request).status_code == 200


def test_broken_requests_and_bombs_of_headers_are_4xx_or_a_closed_connection(server: Server) -> None:
    line = b"GET /authorisation/token HTTP/1.1\r\nHost: x\r\n"
    for request in (
        line + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",
        line + b"X: " + b"y" * 2_000_000 + b"\r\n\r\n",
        line + b"X" * 200_000 + b": y\r\n\r\n",
        line + b"X: a\0b\r\n\r\n",
        line + b"X: a\r\n folded\r\n\r\n",
        line + b": nameless\r\n\r\n",
        line + b"no colon\r\n\r\n",
        b"GET /authorisation/" + b"y" * 300_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /authorisation/\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /authorisation/revocations?after=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0\1\2\3\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"\0" * 160,  # a TLS hello
        b"\r\n" * 1000,
    ):
        with server.connect() as connection:
            with suppress(ConnectionError):
                connection.sendall(request)
            connection.settimeout(1)
            received = read_all(connection)
            assert received == b"" or re.match(rb"HTTP/1\.[01] 4\d\d ", received), (request[:80], received[:200])


def test_another_method_is_405_also_if_no_library_knows_it(server: Server) -> None:
    for method in ("HEAD", "TRACE", "OPTIONS", "FOO", "PUT", "get"):
        answer = ask(server, b"%b /authorisation/token HTTP/1.1\r\nHost: x\r\n\r\n" % method.encode(), method)
        if method == "HEAD":
            assert (answer.status_code, answer.content) == (405, b"")
        else:
            assert_refused(answer, 405, "invalid_request")
        assert answer.headers["allow"] == "POST"
    answer = ask(server, b"CONNECT localhost:80 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.status_code in (400, 404, 405)


def test_odd_but_legal_requests_are_answered(server: Server, right: bytes) -> None:
    for head in (
        HEAD.replace(b"/authorisation", b"http://elsewhere.example/authorisation"),
        HEAD.replace(b"Content-Type", b"cOnTeNt-TyPe").replace(b"\r\n", b"\r\nUser-Agent: \xff\xfe\r\n", 1),
        HEAD + b"Upgrade: websocket\r\nConnection: upgrade\r\n",
        HEAD + b"Connection: close\r\n",
        HEAD.replace(b"\r\n", b"\n"),
        b"\r\n" + HEAD,
    ):
        answer = ask(server, with_length(right, head))
        assert answer.status_code == 200, (head, answer.text)
    for older in (HEAD, HEAD.replace(b"Host: localhost\r\n", b"")):
        assert ask(server, with_length(right, older.replace(b"HTTP/1.1", b"HTTP/1.0"))).status_code == 200
    for headers in ([("authorization", b"Basic \xff\xfe")], [("authorization", b"Bearer \xff")], [("cookie", b"\xff=\xff")]):
        answer = httpx.post(f"{server.url}/authorisation/token", data={"a": "b"}, headers=headers)  # type: ignore[arg-type]
        assert assert_well_worded(answer)["error"] == "invalid_client"


def test_any_bytes_are_answered_by_no_fault(server: Server, right: bytes) -> None:
    line = st.sampled_from(
        [b"POST /authorisation/token HTTP/1.1\r\n", b"GET /api/v1/connection HTTP/1.1\r\n", b"GET / HTTP/1.0\r\n"]
    )
    header = st.sampled_from(
        [
            b"Host: x\r\n", b"Content-Type: application/x-www-form-urlencoded\r\n", b"Content-Length: 5\r\n",
            b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Authorization: Bearer a.b.c\r\n",
            b"Authorization: Basic Og==\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"X-Request-ID: \xff\r\n",
        ]
    )  # fmt: skip
    body = st.binary(max_size=40) | st.sampled_from([b"5\r\nhello\r\n0\r\n\r\n", b"hello", b"0\r\n\r\n", right, b""])
    shaped = st.tuples(line, st.lists(header | st.binary(max_size=20), max_size=6).map(b"".join), st.just(b"\r\n"), body)

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(shaped.map(b"".join) | st.binary(max_size=100))
    def check(request: bytes) -> None:
        with server.connect() as connection:
            connection.sendall(request)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            received = read_all(connection)
        statuses = re.findall(rb"HTTP/1\.[01] (\d)\d\d ", received)
        assert b"5" not in statuses, received

    check()
