"""The way to the S3 server: 30 ms long, by toxiproxy."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real import programs
from tests.real.ports import free_port
from tests.real.process import Process, answers
from tests.real.s3 import S3Server

LATENCY_MS = 30


@contextmanager
def far_away(server: S3Server, log_dir: Path) -> Iterator[str]:
    """An endpoint of the server from where every answer comes LATENCY_MS later, as from another region."""
    control, listen = free_port(), f"127.0.0.1:{free_port()}"
    command = [programs.executable("toxiproxy"), "-host", "127.0.0.1", "-port", str(control)]
    with Process("toxiproxy", command, log_dir=log_dir) as process:
        address = f"http://127.0.0.1:{control}"
        process.wait_healthy(answers(f"{address}/version"))
        _post(f"{address}/proxies", {"name": "s3", "listen": listen, "upstream": server.host})
        toxic = {"type": "latency", "stream": "downstream", "attributes": {"latency": LATENCY_MS}}
        _post(f"{address}/proxies/s3/toxics", toxic)
        yield f"http://{listen}"


def _post(url: str, body: object) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()
