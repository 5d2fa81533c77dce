"""What starting costs: the help texts and a publish of what is live already, beside an empty Python and s5cmd."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import corpus
from bench.cold import Run, run
from bench.report import Sample, medians, table, values
from bench.tools import Tool, tools
from tests.real.s3 import running_s3_server
from tests.real.scratch import scratch

FILES = 12
ROUNDS = 21


@dataclass(frozen=True, kw_only=True)
class Start:
    """One cold process."""

    command: str  # as a person would write it
    modules: int | None  # that Python imports; None where there is no Python
    run: Run


def measure(quick: bool) -> Iterator[Start]:
    """All commands take turns."""
    folder = scratch("bench-startup")
    try:
        with running_s3_server(folder, quiet=True) as server:
            contestants = {tool.name: tool for tool in tools(server, server.endpoint, folder)}
            ours, s5cmd = contestants["upload"], contestants["s5cmd sync"]
            corpus.make(tree := folder / "tree", FILES)
            filled = {tool.name: tool.command(tree, server.create_bucket()) for tool in (ours, s5cmd)}
            for tool in (ours, s5cmd):
                _once(filled[tool.name], tool, folder)
            python = [sys.executable]
            commands = {
                "python -c pass": ([*python, "-c", "pass"], ours),
                "python -m upload --help": ([*python, "-m", "upload", "--help"], ours),
                "python -m upload status --help": ([*python, "-m", "upload", "status", "--help"], ours),
                f"python -m upload, {FILES} files, nothing changed": (filled[ours.name], ours),
                f"s5cmd sync, {FILES} files, nothing changed": (filled[s5cmd.name], s5cmd),
            }
            modules = {name: _modules(command, tool, folder) for name, (command, tool) in commands.items()}
            for _ in range(3 if quick else ROUNDS):
                for name, (command, tool) in commands.items():
                    yield Start(command=name, modules=modules[name], run=_once(command, tool, folder))
    finally:
        shutil.rmtree(folder)


def tables(samples: Sequence[Sample]) -> str:
    modules = {sample["command"]: sample["modules"] for sample in samples}
    found = [medians(samples, ["command"], lambda one, of=of: one["run"][of]) for of in ("wall_s", "cpu_s", "peak_mb")]
    rows = []
    for command in values(samples, "command"):
        wall, cpu, peak = (figures[(command,)] for figures in found)
        count = "-" if modules[command] is None else str(modules[command])
        rows.append([f"`{command}`", f"{wall * 1000:.0f} ms", f"{cpu * 1000:.0f} ms", f"{peak:.0f} MiB", count])
    return table(["command", "time", "CPU time", "peak memory", "modules"], rows)


def _once(command: Sequence[str], tool: Tool, folder: Path) -> Run:
    return run(command, log=folder / "startup.log", environment=tool.environment, cwd=folder)


def _modules(command: Sequence[str], tool: Tool, folder: Path) -> int | None:
    """How many modules a command imports, those of the interpreter's own start included."""
    python, *arguments = command
    if python != sys.executable:
        return None
    done = subprocess.run(
        [python, "-X", "importtime", *arguments],
        env=dict(tool.environment),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    # One line for each, after a line of headings.
    return sum(line.startswith("import time:") for line in done.stderr.splitlines()) - 1
