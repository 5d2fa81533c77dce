"""The four stacks of main.py as JSON: with the lazy loading, without it, and on cdktn; and where the time goes."""

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench import cdktn, where
from bench.cold import Run, run
from bench.report import Sample, beside_fastest, medians, seconds, table, values
from bench.tools import ROOT
from bench.tools import versions as tool_versions
from tests.real.scratch import scratch

ROUNDS = 5
SLOW_ROUNDS = 2  # without the lazy loading: half a minute each
BENCH = ROOT / "bench"
PYTHON, CLI, TESTS = "python main.py", "cdktf synth", "make test"
REST = "interpreter: start and end"


@dataclass(frozen=True, kw_only=True)
class App:
    name: str
    python: Path
    home: Path
    cli: Path
    script: tuple[str, ...]  # after `python`
    environment: Mapping[str, str]
    rounds: int = ROUNDS


@dataclass(frozen=True, kw_only=True)
class Synth:
    """One of them."""

    app: str
    command: str
    run: Run
    parts: Mapping[str, float]  # seconds; only of the runs that are watched from inside, and so a little slower


def measure(quick: bool) -> Iterator[Synth]:
    """All take turns; each has had a run before, so that Python's and jsii's caches are full."""
    cdktn.install()
    folder = scratch("bench-synth")
    try:
        apps = [app for app in _apps(folder) if not quick or app.rounds > SLOW_ROUNDS]
        for app in apps:
            _by_python(app, folder)
        for number in range(1 if quick else ROUNDS):
            for app in apps:
                if number < app.rounds:
                    yield Synth(app=app.name, command=PYTHON, run=_by_python(app, folder), parts={})
                    yield Synth(app=app.name, command=CLI, run=_by_cli(app, folder), parts={})
            yield _watched(apps[0], folder)
        if not quick:
            log = folder / "test.log"
            tests = run(["make", "--silent", "test"], log=log, environment=os.environ, cwd=ROOT)
            yield Synth(app=apps[0].name, command=TESTS, run=tests, parts={})
    finally:
        shutil.rmtree(folder)


def tables(samples: Sequence[Sample]) -> str:
    plain = [one for one in samples if not one["parts"]]
    wall = medians(plain, ("command", "app"), lambda one: one["run"]["wall_s"])
    apps = values(plain, "app")
    rows = [[f"`{it}`", *beside_fastest([wall.get((it, app)) for app in apps])] for it in values(plain, "command")]
    peak = medians(plain, ("command", "app"), lambda one: one["run"]["peak_mb"])
    cpu = medians(plain, ("command", "app"), lambda one: one["run"]["cpu_s"])
    at = [(PYTHON, app) for app in apps]
    costs = [f"{cpu[key]:.1f} s, {peak[key]:.0f} MiB" if key in peak else "-" for key in at]
    compared = table(["", *apps], [*rows, [f"CPU time and peak memory of `{PYTHON}`", *costs]])

    watched = [one for one in samples if one["parts"]]
    whole = medians(watched, ("command",), lambda one: one["run"]["wall_s"])[PYTHON,]
    spent = {
        part: medians(watched, ("command",), lambda one, part=part: one["parts"].get(part, 0.0))[PYTHON,]
        for part in (REST, *where.PARTS)
    }
    rows = [[part, seconds(figure), f"{figure / whole:.0%}"] for part, figure in spent.items()]
    return "\n\n".join([compared, f"**Where `{PYTHON}` spends its time**", table(["part", "time", "share"], rows)])


def versions() -> dict[str, str]:
    cdktn.install()
    ours = ("cdktf", "cdktf-cdktf-provider-aws", "cdktf-cdktf-provider-kubernetes", "cdktf-cdktf-provider-helm")
    common = tool_versions()
    chosen = {name: common[name] for name in ("bucketops", "python")}
    return (
        chosen | {name: version(name) for name in (*ours, "jsii")} | cdktn.VERSIONS | {"cdktn-cli": cdktn.CLI_VERSION}
    )


def _apps(folder: Path) -> list[App]:
    cdktn.renamed_copy(copy := folder / "app")
    slow = (str(BENCH / "eager.py"), "main.py")
    both = {
        "BUCKETOPS_BUCKET": "sock-shop-manifests",
        "CHECKPOINT_DISABLE": "1",
        "CI": "1",  # plain lines instead of cdktf's live display
        "CDKTF_OUTDIR": str(folder / "out"),
    } | {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}

    def app(name: str, python: Path, home: Path, cli: Path, script: tuple[str, ...], **settings: str) -> App:
        path = os.pathsep.join([str(python.parent), str(cdktn.NODE), os.environ.get("PATH", os.defpath)])
        rounds = SLOW_ROUNDS if script == slow and home == ROOT else ROUNDS
        environment = both | {"PATH": path} | settings
        return App(name=name, python=python, home=home, cli=cli, script=script, environment=environment, rounds=rounds)

    ours = (Path(sys.executable), ROOT, ROOT / "node_modules/.bin/cdktf")
    theirs = (cdktn.PYTHON, copy, cdktn.CLI)
    settings = {
        "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "constructs")]),
        # Where jsii unpacks them; 1 GB that nobody else needs.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(cdktn.HOME / "jsii"),
    }
    return [
        app("cdktf, loaded on demand", *ours, ("main.py",)),
        app("cdktf as it comes", *ours, slow),
        app("cdktn, loaded on demand", *theirs, ("main.py",), **settings),
        app("cdktn as it comes", *theirs, slow, **settings),
    ]


def _by_python(app: App, folder: Path) -> Run:
    command = [str(app.python), *app.script]
    return run(command, log=folder / "synth.log", environment=app.environment, cwd=app.home)


def _by_cli(app: App, folder: Path) -> Run:
    command = [str(app.cli), "synth", "--app", " ".join(["python", *app.script]), "--output", str(folder / "out")]
    return run(command, log=folder / "synth.log", environment=app.environment, cwd=app.home)


def _watched(app: App, folder: Path) -> Synth:
    result = folder / "where.json"
    command = [str(app.python), str(BENCH / "where.py"), str(result), *app.script]
    cost = run(command, log=folder / "synth.log", environment=app.environment, cwd=app.home)
    parts: dict[str, float] = json.loads(result.read_text())
    return Synth(app=app.name, command=PYTHON, run=cost, parts=parts | {REST: cost.wall_s - sum(parts.values())})
