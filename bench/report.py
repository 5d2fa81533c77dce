"""Tables out of numbers, and their place in a document. Pure: text and numbers in, text out."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

Sample = Mapping[str, Any]  # what was measured, as JSON has it
Lines = list[str]


class NoPlace(ValueError):
    """The document has no markers for a benchmark."""


def place(document: str, name: str, content: str) -> str:
    """The document with `content` between the markers of benchmark `name`, instead of what stood there."""
    # Up to the nearest end: the markers of the benchmarks follow each other, they do not nest.
    between = re.compile(rf"(<!-- bench: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    replaced, count = between.subn(lambda marks: f"{marks[1]}\n{content.strip()}\n\n{marks[2]}", document)
    if count != 1:
        raise NoPlace(f"expected the lines <!-- bench: {name} --> and <!-- end --> once, found them {count} times")
    return replaced


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, text: int = 1) -> str:
    """A Markdown table; the first columns are text, as many as `text` says, the others are figures."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], f"|{'---|' * text}{'---:|' * (len(head) - text)}", *lines[1:]])


def seconds(value: float) -> str:
    """As many digits as a reader compares: 0.012 s, 0.12 s, 1.23 s, 12.3 s."""
    digits = 3 if value < 0.0995 else 2 if value < 9.95 else 1
    return f"{value:.{digits}f} s"


def beside_fastest(row: Sequence[float | None]) -> list[str]:
    """A row of seconds as cells, each with its ratio to the fastest of the row."""
    fastest = min(value for value in row if value is not None)
    return ["-" if value is None else f"{seconds(value)} ({value / fastest:.1f}x)" for value in row]


def medians(samples: Iterable[Sample], keys: Sequence[str], figure: Callable[[Sample], float]) -> dict[tuple, float]:
    """The median of a figure for each combination of `keys`, in the order in which they were first seen."""
    found: dict[tuple, list[float]] = {}
    for sample in samples:
        found.setdefault(tuple(sample[key] for key in keys), []).append(figure(sample))
    return {key: median(values) for key, values in found.items()}


def values(samples: Iterable[Sample], key: str) -> list[Any]:
    """The different values of one key, in the order in which they were first seen."""
    return list(dict.fromkeys(sample[key] for sample in samples))


def publish(samples: Sequence[Sample]) -> str:
    """One table for each way to the server, and what it cost the machine."""
    keys = ("way", "files", "job", "tool")
    wall = medians(samples, keys, lambda one: one["run"]["wall_s"])
    tools, ways = values(samples, "tool"), values(samples, "way")
    parts: Lines = []
    for way in ways:
        rows = [
            [f"{files:,}", job, *beside_fastest([wall.get((way, files, job, tool)) for tool in tools])]
            for files, job in dict.fromkeys(key[1:3] for key in wall if key[0] == way)
        ]
        parts += [f"**{way}**", table(["files", "job", *tools], rows, text=2)]
    cpu = medians(samples, keys, lambda one: one["run"]["cpu_s"])
    peak = medians(samples, keys, lambda one: one["run"]["peak_mb"])
    rows = []
    for files, job in dict.fromkeys(key[1:3] for key in wall if key[0] == ways[0]):
        at = [(ways[0], files, job, tool) for tool in tools]
        cells = [f"{cpu[key]:.2f} s, {peak[key]:.0f} MiB" if key in cpu else "-" for key in at]
        rows.append([f"{files:,}", job, *cells])
    parts += [f"**CPU time and peak memory, {ways[0]}**", table(["files", "job", *tools], rows, text=2)]
    return "\n\n".join(parts)


def origin(found: Mapping[str, Any]) -> str:
    """One line: where figures come from, for whoever wants to check them."""
    machine, versions = found["machine"], ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    where = f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}"
    load = f"load {machine['load']:.1f} before the start"
    return f"`{found['command']}`, {found['measured']}; {where}, {load}; {versions}."
