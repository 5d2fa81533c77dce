"""An S3 server (moto) on loopback for the demo and the tests; it ends with the process that started it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

# Run with -c, so that the server watches its standard input and ends when we do, kill -9 included.
_SERVER = """
import logging, os, sys, threading
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
os._exit(0)
"""


@contextmanager
def embedded_s3(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """The URL of a running server. It knows no wrong keys unless INITIAL_NO_AUTH_ACTION_COUNT says so (moto docs)."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environment),
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
