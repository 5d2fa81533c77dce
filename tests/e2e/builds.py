"""What Flux would make of an artifact, by kustomize itself."""

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.real import programs

Objects = frozenset[str]  # every object of a build as JSON
NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


@dataclass(frozen=True)
class Count:
    """What all the artifacts of a run turned out to be."""

    stored: int
    whole: int  # exactly one published release
    broken: int  # does not build: Flux applies nothing and prunes nothing
    mixed: int  # builds to something that nobody published


def count(artifacts: Collection[Path], releases: Iterable[Objects]) -> Count:
    known, builds = set(releases), [build_artifact(artifact) for artifact in artifacts]
    whole, broken = sum(one in known for one in builds), builds.count(None)
    return Count(len(builds), whole, broken, len(builds) - whole - broken)


def build_artifact(artifact: Path) -> Objects | None:
    """The objects that Flux gets out of an artifact at ./live; None if it does not build."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(artifact) as tar:
        tar.extractall(folder, filter="data")
        live = Path(folder) / "live"
        if live.is_dir():
            _generate(live)
        return build(live)


def build(folder: Path) -> Objects | None:
    command = [programs.executable("kustomize"), "build", "--load-restrictor", "LoadRestrictionsNone", folder]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return None
    documents = yaml.load_all(done.stdout, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return frozenset(json.dumps(one, sort_keys=True) for one in documents)


def _generate(folder: Path) -> None:
    """Where spec.path has no kustomization file Flux makes one (fluxcd/pkg kustomize/kustomize_generator.go)."""
    if _has_kustomization(folder):
        return

    def resources(folder: Path) -> Iterable[Path]:
        for entry in sorted(folder.iterdir()):
            if entry.is_dir():
                yield from [entry] if _has_kustomization(entry) else resources(entry)
            elif entry.suffix in (".yaml", ".yml"):
                yield entry

    text = json.dumps({"resources": [str(path.relative_to(folder)) for path in resources(folder)]})
    (folder / "kustomization.yaml").write_text(text)


def _has_kustomization(folder: Path) -> bool:
    return any((folder / name).exists() for name in NAMES)
