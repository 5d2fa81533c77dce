"""Stands between a publisher and the S3 server, and strikes at the n-th request that changes something."""

import http.client
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

WRITES = ("PUT", "POST", "DELETE")
NEVER = 1_000_000
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Proxy:
    """`strike` is called once, at the write with that number, before or after the server has it.

    The publisher gets no answer to that write: the connection is closed.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream  # HOST:PORT
        self.url = ""
        self.requests: list[str] = []  # since it was armed, as "PUT /bucket/key"
        self.refuse: Callable[[int], bool] = lambda number: False  # by the number of a write: with 503 SlowDown
        self._numbers = itertools.count()
        self.arm(NEVER)

    def arm(self, number: int, *, arrives: bool = False, strike: Callable[[], object] = lambda: None) -> None:
        """Count from here on; from 0."""
        self._numbers, self._number, self._arrives, self._strike = itertools.count(), number, arrives, strike
        self.requests.clear()

    def pass_on(self, handler: BaseHTTPRequestHandler) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """What the server answered; None if this was the one."""
        self.requests.append(f"{handler.command} {unquote(handler.path)}")
        number = next(self._numbers) if handler.command in WRITES else -1
        hit = number == self._number
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if number >= 0 and self.refuse(number):
            return 503, [("Content-Type", "application/xml")], SLOW_DOWN
        answer = self._forward(handler, body) if self._arrives or not hit else None
        if hit:
            self._strike()
            return None
        return answer

    def _forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.upstream)
        # With the Host it was sent to: that is part of what the publisher has signed.
        connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), content


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def _answer(self) -> None:
        answer = self.proxy.pass_on(self)
        if answer is None:
            self.close_connection = True
            return
        status, headers, content = answer
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

    def handle(self) -> None:
        # The other side may be dead by now: that is what it is for.
        try:
            super().handle()
        except (ConnectionError, BrokenPipeError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def running_proxy(upstream: str) -> Iterator[Proxy]:
    proxy = Proxy(upstream)
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy})) as server:
        server.daemon_threads = True
        proxy.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
