"""What it costs Flux to fetch the release before, too: a bucket with one release under `live/` beside one with two."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from bench.report import Sample, medians, seconds, table, values
from bench.sites import Site, now, running_site
from bench.tools import Tool, tools
from tests.real.cluster import running_cluster
from tests.real.flux import running_flux
from tests.real.s3 import running_s3_server
from tests.real.scratch import scratch

SIZES = (20, 300, 2000)
ROUNDS = 5
ONE, TWO, RENDERED = WAYS = ("one release", "two releases", "two releases, rendered")


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """One of them."""

    files: int  # of a release
    way: str
    objects: int  # that lay under live/
    wall_s: float  # from the request until the artifact is stored


def measure(quick: bool) -> Iterator[Fetch]:
    """Publish, and have Flux fetch it. Nothing is applied: that would run beside the next fetch."""
    folder = scratch("bench-fetch")
    try:
        with ExitStack() as stack:
            flux = stack.enter_context(running_flux(stack.enter_context(running_cluster(folder))))
            s3 = stack.enter_context(running_s3_server(folder, quiet=True))
            client = s3.client()
            stack.callback(client.close)
            contestants = {tool.name: tool for tool in tools(s3, s3.endpoint, folder)}
            for files in SIZES[:1] if quick else SIZES:
                sites = {}
                for way in WAYS:
                    tree = folder / f"{files}-{way.replace(',', '').replace(' ', '-')}"
                    site = running_site(flux, s3, tree, files=files, prefix="live/", applied=False)
                    sites[way] = stack.enter_context(site)
                for build in range(2 + (1 if quick else ROUNDS)):
                    for way, site in sites.items():
                        tool = contestants["upload --render" if way == RENDERED else "upload"]
                        found = _fetch(site, way, tool, client, build)
                        if build > 1:  # the first two are what the others are changes of
                            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tables(samples: Sequence[Sample]) -> str:
    wall = medians(samples, ("files", "way"), lambda one: one["wall_s"])
    under_live = medians(samples, ("files", "way"), lambda one: one["objects"])
    rows = []
    for files in values(samples, "files"):
        cells = [f"{seconds(wall[files, way])} ({under_live[files, way]:,.0f} objects)" for way in WAYS]
        rows.append([f"{files:,}", *cells, f"{wall[files, TWO] / wall[files, ONE]:.1f}x"])
    return table(["files of a release", *WAYS, "two beside one"], rows)


def _fetch(site: Site, way: str, tool: Tool, client: Any, build: int) -> Fetch:
    site.edit(build)
    subprocess.run(
        tool.command(site.tree, site.name), env=dict(tool.environment), cwd="/", check=True, stdout=subprocess.DEVNULL
    )
    pointer = client.get_object(Bucket=site.name, Key="live/kustomization.yaml")["Body"].read().decode()
    keys = _keys(client, site.name)
    if way == ONE:
        for key in [key for key in keys if key.split("/")[1] not in (*pointer.split('"'), "kustomization.yaml")]:
            client.delete_object(Bucket=site.name, Key=key)
        keys = _keys(client, site.name)
    started = now()
    site.ask(f"build-{build}")
    fetched, _ = site.fetched(after=started)
    return Fetch(files=site.files, way=way, objects=len(keys), wall_s=fetched - started)


def _keys(client: Any, bucket: str) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="live/")
    return [row["Key"] for page in pages for row in page.get("Contents", ())]
