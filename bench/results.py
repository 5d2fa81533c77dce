"""What was measured, machine-readable: every sample, with versions, command and machine. Kept out of git."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.tools import ROOT

FOLDER = ROOT / ".bench"


def file(*, quick: bool) -> Path:
    """Two files: a quick look must not replace a measurement."""
    return FOLDER / ("quick.json" if quick else "results.json")


def read(path: Path) -> dict[str, Any]:
    """By the name of the benchmark; {} if nothing was measured yet."""
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def keep(path: Path, name: str, found: Mapping[str, Any]) -> None:
    """Replace what is known of one benchmark; the others stay, so that one can be run again alone."""
    path.parent.mkdir(exist_ok=True)
    written = path.with_suffix(".writing")
    written.write_text(json.dumps(read(path) | {name: found}, indent=1))
    written.rename(path)


def described(
    samples: Sequence[Mapping[str, Any]], *, command: str, machine: Mapping[str, Any], versions: Mapping[str, str]
) -> dict[str, Any]:
    """The samples of one benchmark with what they depend on."""
    measured = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    about = {"command": command, "measured": measured, "machine": dict(machine), "versions": dict(versions)}
    return about | {"samples": list(samples)}


def machine() -> dict[str, Any]:
    """Whatever else could explain a figure. To be asked before the measurement: it makes load itself."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(pages / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 2),
    }
