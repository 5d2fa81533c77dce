"""Making a bucket equal a directory: four jobs, trees of three sizes, near and far."""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import corpus
from bench.cold import Run, run
from bench.servers import LATENCY_MS, far_away
from bench.tools import Tool, tools
from tests.real.s3 import S3Server, running_s3_server
from tests.real.scratch import scratch

SIZES = (12, 300, 5000)
CHANGED = 10
JOBS = ("first publish", "nothing changed", f"{CHANGED} changed", "fresh checkout")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One cold process."""

    way: str  # to the server: "loopback", "30 ms", "TLS"
    files: int
    job: str
    tool: str
    run: Run


def measure(*, sizes: tuple[int, ...], ways: tuple[str, ...], rounds: Callable[[int], int]) -> Iterator[Sample]:
    """All tools take turns at each job; each round starts with empty buckets."""
    for way in ways:
        with ExitStack() as stack:
            work = stack.enter_context(_folder())
            server = stack.enter_context(running_s3_server(work, tls=way == "TLS", quiet=True))
            far = way == f"{LATENCY_MS} ms"
            endpoint = stack.enter_context(far_away(server, work)) if far else server.endpoint
            contestants = tools(server, endpoint, work)
            for files in sizes:
                for number in range(rounds(files)):
                    # Whoever comes first warms the caches for the others, so the turns rotate.
                    at = number % len(contestants)
                    turns = contestants[at:] + contestants[:at]
                    yield from _round(way, files, work / f"{files}-{number}", server, turns)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = scratch("bench")  # in memory, as the server's
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _round(way: str, files: int, tree: Path, server: S3Server, turns: list[Tool]) -> Iterator[Sample]:
    corpus.make(tree, files)
    buckets = {tool.name: server.create_bucket() for tool in turns}

    def take_turns(job: str) -> Iterator[Sample]:
        for tool in turns:
            bucket = buckets[tool.name]
            log = tree.with_name(f"{tool.name.replace(' ', '-')}.log")
            cost = run(tool.command(tree, bucket), log=log, environment=tool.environment, cwd=tree.parent)
            _prove(server, bucket, tree, tool)
            yield Sample(way=way, files=files, job=job, tool=tool.name, run=cost)

    yield from take_turns(JOBS[0])
    yield from take_turns(JOBS[1])
    # Twice: only from the third release on is there an old one to clean up.
    corpus.edit(tree, files, changed=CHANGED, build=1)
    list(take_turns("not counted"))
    corpus.edit(tree, files, changed=CHANGED, build=2)
    yield from take_turns(JOBS[2])
    corpus.touch(tree, files, minutes=3)
    yield from take_turns(JOBS[3])


def _prove(server: S3Server, bucket: str, tree: Path, tool: Tool) -> None:
    """That it did the job: what lies in the bucket is the tree, byte for byte."""
    client = server.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    there = {row["Key"]: row["ETag"].strip('"') for page in pages for row in page.get("Contents", ())}
    if tool.ours:
        pointer = client.get_object(Bucket=bucket, Key="live/kustomization.yaml")["Body"].read().decode()
        id = re.search(r'resources: \["(\w+)', pointer)[1]  # type: ignore[index]
        there = {key.removeprefix(f"live/{id}/"): etag for key, etag in there.items() if key.startswith(f"live/{id}/")}
        there.pop("kustomization.yaml", None)  # which Flux would make up otherwise
    client.close()
    if tool.rendered:
        assert there.keys() == {"manifests.yaml"}, there
        return
    wanted = {str(path.relative_to(tree)): hashlib.md5(path.read_bytes()).hexdigest() for path in tree.rglob("*.yaml")}
    assert there == wanted, f"{tool.name} left {bucket} unlike {tree}"
