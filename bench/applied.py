"""From a saved file to the cluster that runs it, on the real controllers: ten objects changed per save."""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import astuple, dataclass, fields

from bench.report import Sample, beside_fastest, medians, seconds, table, values
from bench.saving import Parts, save
from bench.sites import Site, now, running_site
from bench.tools import Tool, tools
from bench.tools import versions as tool_versions
from tests.real.cluster import running_cluster
from tests.real.flux import Flux, running_flux
from tests.real.programs import PROGRAMS
from tests.real.s3 import S3Server, running_s3_server
from tests.real.scratch import scratch

ROUNDS = {20: 7, 300: 5, 2000: 3}
PARTS = tuple(part.name for part in fields(Parts))
OURS, RENDERED, ASKED, POLLED = WAYS = (
    "upload publish --wait",
    "upload publish --render --wait",
    "aws s3 sync, kubectl annotate",
    "aws s3 sync, 1 m poll",
)
TOOL_OF = {OURS: "upload", RENDERED: "upload --render", ASKED: "aws s3 sync", POLLED: "aws s3 sync"}
# After the poll before: together they are as long as a save at any time waits in the mean.
POLL_PHASES_S = (15, 45)


@dataclass(frozen=True, kw_only=True)
class Save:
    """One of them; seconds from the start of the command."""

    objects: int
    way: str
    wall_s: float  # until it is applied and healthy; with --wait, until the command says so
    parts: Parts


def measure(quick: bool) -> Iterator[Save]:
    """All ways take turns at each size; the poll, which takes up to a minute, twice at the smallest only."""
    folder = scratch("bench-applied")
    try:
        with ExitStack() as stack:
            flux = stack.enter_context(running_flux(stack.enter_context(running_cluster(folder))))
            s3 = stack.enter_context(running_s3_server(folder, quiet=True))
            contestants = {tool.name: tool for tool in tools(s3, s3.endpoint, folder)}
            for objects, rounds in {20: 1}.items() if quick else ROUNDS.items():
                yield from _turns(flux, s3, contestants, objects, rounds)
            if not quick:
                yield from _polled(flux, s3, contestants)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tables(samples: Sequence[Sample]) -> str:
    keys = ("objects", "way")
    wall = medians(samples, keys, lambda one: one["wall_s"])
    sizes, ways = values(samples, "objects"), [way for way in WAYS if way in values(samples, "way")]
    compared = [[f"{size:,}", *beside_fastest([wall.get((size, way)) for way in ways])] for size in sizes]
    parts = {part: medians(samples, keys, lambda one, part=part: one["parts"][part]) for part in PARTS}
    rows = []
    for size, way in sorted(wall, key=lambda key: (key[0], WAYS.index(key[1]))):
        figures = [parts[part][size, way] for part in PARTS]
        # What is neither Flux's nor the API server's: everything before the request and after the success.
        share = (figures[0] + figures[-1]) / sum(figures)
        rows.append([f"{size:,} objects, {way}", *(seconds(figure) for figure in figures), f"{share:.0%}"])
    return "\n\n".join(
        [
            table(["objects", *ways], compared),
            "**Where the time goes**",
            table(["", *PARTS, "upload + notice"], rows),
        ]
    )


def versions() -> dict[str, str]:
    names = ("source-controller", "kustomize-controller", "kube-apiserver")
    return tool_versions() | {name: PROGRAMS[name].version for name in names}


def _turns(flux: Flux, s3: S3Server, contestants: Mapping[str, Tool], objects: int, rounds: int) -> Iterator[Save]:
    ways = (OURS, RENDERED, ASKED)
    with ExitStack() as stack:
        sites = {way: stack.enter_context(_site(flux, s3, way, objects)) for way in ways}
        for build in range(2 + rounds):
            for way in ways[build % len(ways) :] + ways[: build % len(ways)]:
                sites[way].edit(build)
                found = _save(sites[way], way, contestants, flux)
                # The first fills the bucket, the second is the first that leaves a release before it.
                if build > 1:
                    yield found


def _polled(flux: Flux, s3: S3Server, contestants: Mapping[str, Tool]) -> Iterator[Save]:
    with _site(flux, s3, POLLED, min(ROUNDS), interval="1m") as site:
        site.edit(build=0)
        _save(site, POLLED, contestants, flux)
        for build, phase in enumerate(POLL_PHASES_S, start=1):
            polled = site.bucket.seen[-1][0]  # what it found there was the last that changed the Bucket
            time.sleep(polled + phase - now())
            site.edit(build)
            yield _save(site, POLLED, contestants, flux)


def _save(site: Site, way: str, contestants: Mapping[str, Tool], flux: Flux) -> Save:
    parts = save(site, contestants[TOOL_OF[way]], kubeconfig=str(flux.cluster.kubeconfig), asks=way != POLLED)
    return Save(objects=site.files, way=way, wall_s=sum(astuple(parts)), parts=parts)


def _site(flux: Flux, s3: S3Server, way: str, objects: int, *, interval: str = "1h") -> AbstractContextManager[Site]:
    name = f"{objects}-{way}".replace(" ", "-").replace(",", "").replace("--", "")
    prefix = "live/" if TOOL_OF[way].startswith("upload") else ""
    return running_site(flux, s3, flux.cluster.log_dir / name, files=objects, prefix=prefix, interval=interval)
