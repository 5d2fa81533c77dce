"""Which bucket is meant: by option, else BUCKETOPS_*, else cdktf.json, else the variables of the AWS tools."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from upload.errors import UsageError
from upload.release import path_problems

DEFAULT_REGION = "eu-central-1"


class Target(NamedTuple):
    bucket: str
    region: str
    endpoint: str | None = None  # URL of an S3 server, "http://127.0.0.1:5000"; None: AWS in that region
    prefix: str = ""  # before live/ and history/: "" or "staging/"

    @property
    def url(self) -> str:
        """s3://bucket/prefix"""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def host(self) -> str:
        """Where the store answers."""
        return self.endpoint or f"s3.{self.region}.amazonaws.com"

    def __str__(self) -> str:
        return f"{self.url} at {self.host}"


def read_context(directory: Path) -> dict[str, Any]:
    """The project's settings: `context.bucketops` of cdktf.json in `directory`, {} where there is none.

    Raises UsageError if the file is not JSON or the settings are not an object.
    """
    path = directory / "cdktf.json"
    try:
        context = json.loads(path.read_bytes()).get("context", {}).get("bucketops", {})
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError) as error:
        raise UsageError(f"cannot read {path.name}: {error}") from error
    if not isinstance(context, dict):
        raise UsageError(f"context.bucketops of {path.name} must be an object, got {context!r}")
    return context


def choose_target(
    *,
    bucket: str | None,
    region: str | None,
    endpoint: str | None,
    prefix: str | None = None,
    environment: Mapping[str, str] = os.environ,
    directory: Path = Path(),
) -> Target:
    """Settle on a bucket from options and settings. Raises UsageError if none is named or one cannot be used."""
    context = read_context(directory)

    def setting(option: str | None, name: str, *others: str) -> str | None:
        given = [option, environment.get(f"BUCKETOPS_{name.upper()}"), context.get(name)]
        found = next((value for value in [*given, *map(environment.get, others)] if value), None)
        if found is not None and not isinstance(found, str):
            raise UsageError(f"context.bucketops.{name} of cdktf.json must be text, got {found!r}")
        return found

    name = setting(bucket, "bucket")
    if not name:
        raise UsageError(
            "no bucket named: give --bucket, or set BUCKETOPS_BUCKET or context.bucketops.bucket in cdktf.json"
        )
    if "/" in name:
        raise UsageError(f"the bucket must be a name without scheme and path, got {name!r}")
    url = setting(endpoint, "endpoint", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    if url and not url.startswith(("http://", "https://")):
        raise UsageError(f"the endpoint must be a URL such as https://s3.example.com, got {url!r}")
    where = setting(region, "region", "AWS_REGION", "AWS_DEFAULT_REGION") or DEFAULT_REGION
    below = (setting(prefix, "prefix") or "").strip("/")
    if below and path_problems([below]):
        raise UsageError(f"the prefix must be a folder such as staging, got {below!r}")
    return Target(
        bucket=name,
        region=where,
        endpoint=url.rstrip("/") if url else None,
        prefix=f"{below}/" if below else "",
    )
