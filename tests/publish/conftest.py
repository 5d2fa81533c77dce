"""A real S3 server in this process (moto), an empty bucket for each test, and trees to publish."""

import itertools
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from upload.look import look
from upload.publishing import Published, carry_out
from upload.record import About
from upload.s3 import Bucket
from upload.source import read_tree
from upload.target import Target

REGION = "eu-central-1"
_numbers = itertools.count(100)


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    log = logging.getLogger("werkzeug")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(logging.NullHandler())  # else it adds one that prints
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, s3_url: str) -> None:
    """No setting of the person or CI that runs the tests gets in; keys that moto takes."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "BUCKETOPS_", "GITHUB_", "CI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing-secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def requests(s3_url: str) -> Iterator[list[str]]:
    """What the server was asked, as "METHOD path", in order."""
    seen: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            method, _, rest = record.getMessage().partition('"')[2].partition(" ")
            seen.append(f"{method} {rest.split(' ')[0]}")

    handler = Handler()
    logging.getLogger("werkzeug").addHandler(handler)
    yield seen
    logging.getLogger("werkzeug").removeHandler(handler)


class Shop:
    """A bucket with a publisher in front, and plain boto3 beside it to see what really lies there."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.client: Any = boto3.client("s3", endpoint_url=url, region_name=REGION)
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.bucket = Bucket(Target(bucket=name, region=REGION, endpoint=url))
        self._clock = datetime(2026, 11, 23, 7, tzinfo=UTC)

    def publish(self, directory: Path, *, bucket: Bucket | None = None, message: str | None = None) -> Published:
        tree = read_tree(directory)
        plan = look(bucket or self.bucket, tree.release)
        return carry_out(bucket or self.bucket, plan, tree.read, about=lambda: self.about(message), now=self.now)

    def about(self, message: str | None = None) -> About:
        return About(author="ada", host="workshop", commit=None, message=message)

    def now(self) -> datetime:
        self._clock += timedelta(seconds=1)
        return self._clock

    def keys(self, prefix: str = "") -> list[str]:
        return [row["Key"] for row in self.rows(prefix)]

    def rows(self, prefix: str = "") -> list[dict[str, Any]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [row for page in pages for row in page.get("Contents", ())]

    def read(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    def write(self, key: str, content: bytes = b"") -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=content)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)


@pytest.fixture
def shop(s3_url: str) -> Shop:
    return Shop(s3_url, f"shop-{next(_numbers)}")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three ConfigMaps in two folders, without kustomization files."""
    directory = tmp_path / "site"
    for path in ("cart.yaml", "catalogue/one.yaml", "catalogue/two.yaml"):
        write_manifest(directory / path, "1")
    return directory


def write_manifest(path: Path, value: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {path.stem}\ndata:\n  value: '{value}'\n")
