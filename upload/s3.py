"""The bucket, as the publisher uses it. obstore moves the bytes; boto3 stands in for what it cannot do.

boto3 costs 0.4 s to import and holds the interpreter lock while it works, so it is loaded only when needed.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import repeat
from math import inf
from typing import IO, TYPE_CHECKING, Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, InvalidPathError, PreconditionError
from obstore.store import S3Store

from upload.connection import client_options, credentials
from upload.errors import StoreFailed
from upload.plan import Object
from upload.s3_errors import RETRY_S, code_of, explain
from upload.target import Target

if TYPE_CHECKING:
    from obstore import ObjectMeta

_LISTS = 16  # at once


class Bucket:
    """One S3 bucket, or a prefix in it: keys are those below the prefix.

    Expected answers are values; StoreFailed means that it could not be asked, or refused. Calls block and may be
    made from many threads: obstore's async calls abort the interpreter at exit now and then
    (pyo3-async-runtimes #40).
    """

    def __init__(self, target: Target, keys: Mapping[str, str] | None = None) -> None:
        """`keys`: other credentials than the publisher's, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""
        self.target = target
        self.latency_s = inf  # of the fastest answer so far
        self._store = S3Store(
            target.bucket,
            prefix=target.prefix or None,
            region=target.region,
            endpoint=target.endpoint,
            virtual_hosted_style_request=target.endpoint is None,
            client_options=client_options(target, os.environ),
            retry_config={"max_retries": 6, "retry_timeout": timedelta(seconds=RETRY_S)},
            **credentials(os.environ if keys is None else keys),
        )

    def list(self, prefix: str) -> dict[str, Object]:
        """All objects below `prefix` by key, in as many requests as there are pages of 1,000."""
        with self._asking(f"list {prefix}"):
            try:
                pages = obstore.list(self._store, prefix, chunk_size=1000).collect()
            except InvalidPathError:
                return self.list_exactly(prefix)
        return {row["path"]: _object(row) for row in pages}

    def list_parts(self, prefix: str, cuts: Sequence[str]) -> dict[str, Object]:
        """The same, asked for at once in parts that end with the keys `cuts`, which are sorted; none need exist."""
        from concurrent.futures import ThreadPoolExecutor

        with self._asking(f"list {prefix}"), ThreadPoolExecutor(min(_LISTS, len(cuts) + 1)) as pool:
            try:
                parts = list(pool.map(self._list_between, repeat(prefix), ["", *cuts], [*cuts, None]))
            except InvalidPathError:
                return self.list_exactly(prefix)
        return {key: object for part in parts for key, object in part.items()}

    def _list_between(self, prefix: str, after: str, until: str | None) -> dict[str, Object]:
        found: dict[str, Object] = {}
        for page in obstore.list(self._store, prefix, offset=after or None, chunk_size=1000):
            found |= {row["path"]: _object(row) for row in page if until is None or row["path"] <= until}
            if until is not None and page[-1]["path"] >= until:
                break
        return found

    def folders(self, prefix: str) -> set[str]:
        """The folders right below `prefix`, by name; one request for 1,000 of them."""
        with self._asking(f"list {prefix}"):
            found = obstore.list_with_delimiter(self._store, prefix)["common_prefixes"]
        return {path.removeprefix(prefix) for path in found}

    def list_exactly(self, prefix: str) -> dict[str, Object]:
        """The same by boto3, for buckets with foreign objects.

        obstore fails the whole LIST for a key such as `a//b`, and shows the marker `a/` as `a` (its Path type).
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            pages = (
                self.client()
                .get_paginator("list_objects_v2")
                .paginate(Bucket=self.target.bucket, Prefix=f"{self.target.prefix}{prefix}")
            )
            rows = [row for page in pages for row in page.get("Contents", ())]
        except (BotoCoreError, ClientError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else None
            raise StoreFailed(explain(code, f"list {prefix}", self.target)) from error
        return {
            row["Key"].removeprefix(self.target.prefix): Object(_bare(row["ETag"]), row["Size"], row["LastModified"])
            for row in rows
        }

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Content and ETag of one object; None if there is none."""
        with self._asking(f"read {key}"):
            try:
                answer = obstore.get(self._store, key)
                return bytes(answer.bytes()), _bare(answer.meta["e_tag"])
            except FileNotFoundError as error:
                if code_of(error) == "NoSuchBucket":
                    raise
                return None

    def put(self, key: str, content: bytes) -> str:
        """Write one object in a single request, so that its ETag stays the MD5; answers the ETag."""
        with self._asking(f"write {key}"):
            return _bare(obstore.put(self._store, key, content, use_multipart=False)["e_tag"])

    def add(self, key: str, content: bytes) -> bool:
        """Write one object if there is none of that key yet; False if there is."""
        with self._asking(f"write {key}"):
            try:
                obstore.put(self._store, key, content, use_multipart=False, mode="create")
            except AlreadyExistsError:
                return False
            return True

    def add_large(self, key: str, content: IO[bytes]) -> None:
        """Write one object in several requests if there is none of that key yet; it is never held as a whole.

        Its ETag is no MD5 then, and two writers at once both write: for what is the same whoever writes it.
        """
        with self._asking(f"write {key}"):
            try:
                obstore.head(self._store, key)
            except FileNotFoundError:
                obstore.put(self._store, key, content, use_multipart=True, max_concurrency=2)

    def replace(self, key: str, content: bytes, *, etag: str | None) -> str | None:
        """Write one object only if it is as it was seen: with this ETag, or absent if None.

        Answers the new ETag; None if the object has changed. A write whose answer was lost is sent again and
        refused the second time, and S3 may answer 409 to a write that never landed: what lies there decides.
        """
        for _ in range(3):
            with self._asking(f"write {key}"):
                try:
                    mode: Any = "create" if etag is None else {"e_tag": f'"{etag}"'}
                    return _bare(obstore.put(self._store, key, content, use_multipart=False, mode=mode)["e_tag"])
                except (AlreadyExistsError, PreconditionError):
                    pass  # see what lies there
            there = self.read(key)
            if there and there[0] == content:
                return there[1]
            if (there[1] if there else None) != etag:
                return None
        raise StoreFailed(f"{self.target} refuses the conditional write of {key} although nothing changed it")

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects, 1,000 a request; those that are gone already are no error."""
        with self._asking("delete objects"):
            obstore.delete(self._store, list(keys))

    def client(self) -> Any:
        """A boto3 client for what has no method here."""
        import boto3
        from botocore.config import Config

        config = Config(
            # Newer checksums break stores other than AWS (boto3 #4392).
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if self.target.endpoint else "auto"},
        )
        return boto3.client("s3", region_name=self.target.region, endpoint_url=self.target.endpoint, config=config)

    @contextmanager
    def _asking(self, action: str) -> Iterator[None]:
        """Turn what the libraries raise into StoreFailed. Decided by S3's error code, else by HTTP status."""
        started = time.monotonic()
        try:
            yield
            self.latency_s = min(self.latency_s, time.monotonic() - started)
        except (BaseError, OSError) as error:
            raise StoreFailed(explain(code_of(error), action, self.target)) from error


def _object(row: "ObjectMeta") -> Object:
    return Object(_bare(row["e_tag"]), row["size"], row["last_modified"])


def _bare(etag: str | None) -> str:
    return (etag or "").strip('"')
