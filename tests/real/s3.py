"""versitygw: an S3 server that checks signatures and really does conditional writes."""

import itertools
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.real import programs
from tests.real.ports import free_port
from tests.real.process import Process, answers
from tests.real.scratch import scratch


@dataclass(frozen=True)
class S3Server:
    host: str  # HOST:PORT, as Flux's Bucket wants it
    process: Process
    access_key: str = "bucketops-test"
    secret_key: str = "bucketops-test-secret"
    region: str = "eu-central-1"  # what the project takes where none is named
    authority: Path | None = None  # with TLS: the certificate that signed the server's, PEM
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def endpoint(self) -> str:
        """URL, as boto3 and obstore want it."""
        return f"{'https' if self.authority else 'http'}://{self.host}"

    @property
    def env(self) -> dict[str, str]:
        """For programs that find their S3 in the environment."""
        keys = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        trust = {"AWS_CA_BUNDLE": str(self.authority)} if self.authority else {}
        return {**keys, **trust, "AWS_REGION": self.region, "AWS_ENDPOINT_URL": self.endpoint}

    def client(self) -> Any:
        """A new boto3 client with all rights; close it."""
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            verify=self.authority and str(self.authority),
            config=Config(s3={"addressing_style": "path"}),
        )

    def create_bucket(self, name: str = "") -> str:
        """A new empty bucket; returns its name."""
        name = name or f"bucket-{next(self._numbers)}"
        client = self.client()
        client.create_bucket(Bucket=name)
        client.close()
        return name


@contextmanager
def running_s3_server(log_dir: Path, *, tls: bool = False, quiet: bool = False) -> Iterator[S3Server]:
    """`quiet`: without a line for each request in the log."""
    state = scratch("versitygw")
    # Metadata beside the data: tmpfs has no user extended attributes before Linux 6.6.
    for name in ("data", "metadata"):
        (state / name).mkdir()
    host = f"127.0.0.1:{free_port()}"
    gateway = programs.executable("versitygw")
    command: list[str | Path] = [gateway, "--port", host, "--health", "/health", "--region", S3Server.region]
    command += ["--quiet"] if quiet else []
    command += _certificate(state) if tls else []
    backend: list[str | Path] = ["posix", "--sidecar", state / "metadata", state / "data"]
    env = {"ROOT_ACCESS_KEY": S3Server.access_key, "ROOT_SECRET_KEY": S3Server.secret_key}
    with Process("versitygw", [*command, *backend], log_dir=log_dir, env=env, scratch=state) as process:
        server = S3Server(host, process, authority=state / "authority.pem" if tls else None)
        trust = ssl.create_default_context(cafile=server.authority) if tls else None
        process.wait_healthy(answers(f"{server.endpoint}/health", context=trust))
        yield server


def _certificate(folder: Path) -> list[str | Path]:
    """One that only this run trusts, as options of the gateway."""
    from tests.real.certificates import Authority

    authority = Authority()
    pair = authority.server("localhost")
    files = {"authority.pem": authority.certificate, "server.pem": pair.certificate, "server.key": pair.key}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return ["--cert", folder / "server.pem", "--key", folder / "server.key"]
