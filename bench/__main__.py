"""Runs the benchmarks and writes their tables into docs/performance.md: `make bench`, or `python -m bench [NAME...]`.

Real programs on loopback; those that are missing are built or installed first. All of them take about 40 minutes.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench import applied, fetch, publish, report, results, startup, synth, tools
from bench.servers import LATENCY_MS

DOCUMENT = tools.ROOT / "docs/performance.md"


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    measure: Callable[[bool], Iterator[Any]]  # yields dataclasses; True: the least that shows that it works
    tables: Callable[[Sequence[Mapping[str, Any]]], str]
    versions: Callable[[], Mapping[str, str]] = tools.versions


def _publish(quick: bool) -> Iterator[publish.Sample]:
    near, far = ("loopback",), (f"{LATENCY_MS} ms",)
    if quick:
        yield from publish.measure(sizes=publish.SIZES[:1], ways=near + far, rounds=lambda files: 1)
        return
    rounds = {12: 7, 300: 5, 5000: 3}
    yield from publish.measure(sizes=publish.SIZES, ways=near + far, rounds=rounds.__getitem__)
    yield from publish.measure(sizes=(300,), ways=("TLS",), rounds=lambda files: 3)


BENCHMARKS = {
    "publish": Benchmark(measure=_publish, tables=report.publish),
    "applied": Benchmark(measure=applied.measure, tables=applied.tables, versions=applied.versions),
    "fetch": Benchmark(measure=fetch.measure, tables=fetch.tables, versions=applied.versions),
    "synth": Benchmark(measure=synth.measure, tables=synth.tables, versions=synth.versions),
    "startup": Benchmark(measure=startup.measure, tables=startup.tables),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="fewest rounds, smallest sizes; leaves the document alone")
    parser.add_argument("--tables", action="store_true", help="measure nothing, write the tables of the last run anew")
    options = parser.parse_args()
    if unknown := sorted({*options.name} - {*BENCHMARKS}):
        parser.error(f"no benchmark {', '.join(unknown)}, there are {', '.join(BENCHMARKS)}")
    names = options.name or [*BENCHMARKS]
    if not options.tables:
        for name in names:
            _measure(name, quick=options.quick)
    _write([name for name in names if name in results.read(results.file(quick=options.quick))], quick=options.quick)


def _measure(name: str, *, quick: bool) -> None:
    """Run one and keep what it finds: the others may take long, or fail."""
    benchmark, machine, versions = BENCHMARKS[name], results.machine(), BENCHMARKS[name].versions()
    samples = []
    for sample in benchmark.measure(quick):
        samples.append(asdict(sample))
        print(f"{name}: {sample}", file=sys.stderr, flush=True)
    command = " ".join(["python -m bench", name, *["--quick"] * quick])
    found = results.described(samples, command=command, machine=machine, versions=versions)
    results.keep(results.file(quick=quick), name, found)


def _write(names: Sequence[str], *, quick: bool) -> None:
    known = results.read(results.file(quick=quick))
    document = DOCUMENT.read_text()
    for name in names:
        content = f"{BENCHMARKS[name].tables(known[name]['samples'])}\n\n{report.origin(known[name])}"
        print(f"\n## {name}\n\n{content}", flush=True)
        document = report.place(document, name, content)
    if not quick:
        DOCUMENT.write_text(document)


if __name__ == "__main__":
    main()
