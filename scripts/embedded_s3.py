"""An S3 server (moto) on loopback for the demo and the tests; it ends with the process that started it."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

# Run with -c, so that the server watches its standard input and ends when we do, kill -9 included.
_SERVER = """
import logging, os, sys, threading
from moto.s3.models import FakeDeleteMarker
from moto.server import ThreadedMotoServer
# Up to 5.2.5 moto cannot empty a versioned bucket: it disposes of markers as of objects, and answers 500 for ever.
FakeDeleteMarker.dispose = lambda self, garbage=False: None
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
os._exit(0)
"""


@contextmanager
def embedded_s3() -> Iterator[str]:
    """The URL of a running server, which takes any key."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C is for us; we end it
    )
    assert process.stdin and process.stdout
    try:
        port = process.stdout.readline().strip()
        if not port:
            raise RuntimeError("the embedded S3 did not start: run `make setup` again")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=10)


@contextmanager
def enforcing(url: str) -> Iterator[None]:
    """Meanwhile the server checks keys, signatures and the policies of users (moto docs, IAM-like access control)."""
    _allow_unchecked(url, calls="0")
    try:
        yield
    finally:
        _allow_unchecked(url, calls="inf")


def _allow_unchecked(url: str, *, calls: str) -> None:
    # As text: what comes as a form is parsed and gone before moto looks at it.
    request = urllib.request.Request(
        f"{url}/moto-api/reset-auth", data=calls.encode(), headers={"Content-Type": "text/plain"}
    )
    urllib.request.urlopen(request).close()
