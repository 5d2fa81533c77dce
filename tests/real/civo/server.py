"""The emulator on a loopback port, with faults on order and a record of what was asked."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

# Imported for their routes.
from tests.real.civo import addresses, catalogue, clusters, networks  # noqa: F401
from tests.real.civo.account import Account, Json, Refused, Request, handler_of

TOKEN = "emulated-token"


@dataclass
class Fault:
    """Spoils the next `times` requests whose `METHOD /path` the pattern is found in."""

    pattern: str
    status: int = 500
    code: str = "internal_server_error"
    times: int = 1
    done_first: bool = False  # the request takes effect and only its answer is lost

    def matches(self, line: str) -> bool:
        return self.times > 0 and re.search(self.pattern, line) is not None

    def spoil(self) -> Refused:
        self.times -= 1
        return Refused(self.status, self.code, "a fault that the test ordered")


@dataclass
class Civo:
    """What a test sees: the account behind the API, the faults to come and the requests so far."""

    url: str
    account: Account = field(default_factory=Account)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, Json]] = field(default_factory=list)  # "POST /v2/...", body

    @property
    def env(self) -> dict[str, str]:
        """Sends the real provider here."""
        return {"CIVO_API_URL": self.url, "CIVO_TOKEN": TOKEN}

    def fail(self, pattern: str, **fault: Any) -> None:
        """Order a fault: `fail(r"POST .*clusters$")`; the rest as in Fault."""
        self.faults.append(Fault(pattern, **fault))

    def asked(self, pattern: str) -> list[Json]:
        """The bodies of all requests whose `METHOD /path` the pattern is found in."""
        return [body for line, body in self.requests if re.search(pattern, line)]

    def answer(self, method: str, path: str, request: Request) -> Any:
        line = f"{method} {path}"
        self.requests.append((line, request.body))
        fault = next((fault for fault in self.faults if fault.matches(line)), None)
        if fault and not fault.done_first:
            raise fault.spoil()
        handler, ids = handler_of(method, path)
        done = handler(self.account, request, *ids)
        if fault:
            raise fault.spoil()
        return done


class _Server(ThreadingHTTPServer):
    civo: Civo
    lock: threading.Lock


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        url = urlsplit(self.path)
        # Every request claims Content-Encoding: gzip; the bodies are plain JSON all the same.
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(text) if text else {}
        region = parse_qs(url.query).get("region", [""])[0] or body.get("region") or _default_region()
        try:
            if self.headers.get("Authorization", "").lower() != f"bearer {TOKEN}":
                raise Refused(401, "requires_authentication", "the token is not known")
            with self.server.lock:
                answer = self.server.civo.answer(self.command, url.path, Request(region, body))
                # Turned into text before another thread may change it.
                status, content = 200, json.dumps(answer)
        except Refused as error:
            status, content = error.status, json.dumps({"code": error.code, "reason": error.reason, "result": "failed"})
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content.encode())))
        self.end_headers()
        self.wfile.write(content.encode())

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass  # Civo.requests is the log


def _default_region() -> str:
    return next(str(region["code"]) for region in catalogue.REGIONS if region["default"])


@contextmanager
def running_civo() -> Iterator[Civo]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.lock = threading.Lock()
        server.civo = Civo(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.civo
        finally:
            server.shutdown()
            thread.join()
