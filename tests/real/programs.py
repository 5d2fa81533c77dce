"""Builds the real programs from their Go modules, once per pinned version, and says where they lie.

The cache is keyed by what determines the binary (go.mod, go.sum and the build command), so an old
checkout and a new one can share it. Nothing here starts a program.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MODULES = Path(__file__).parent / "modules"
# No -mod=mod: a module file that does not name everything is an error here, not a silent upgrade.
GO_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false", "GOWORK": "off"}
# `flux check` and every client ask the server for its version; Go alone would leave it v0.0.0-master.
KUBERNETES_VERSION = (
    "-X k8s.io/component-base/version.gitVersion={version}"
    " -X k8s.io/component-base/version.gitMajor={major}"
    " -X k8s.io/component-base/version.gitMinor={minor}"
)


class BuildFailed(Exception):
    """A program cannot be had; the message names it and the log of the attempt."""


@dataclass(frozen=True, kw_only=True)
class Program:
    name: str  # file name of the executable
    folder: str  # below modules/, holds the go.mod that pins it
    module: str  # the Go module it comes from
    package: str = ""  # below the module; the module's root if empty
    ldflags: str = ""
    data: str = ""  # folder of the module that is kept beside the executable (CRDs, stages)

    @property
    def version(self) -> str:
        """As pinned in go.mod, with the leading v."""
        return _pinned(self.folder, self.module)


def _kubernetes(name: str) -> Program:
    return Program(
        name=name,
        folder="kubernetes",
        module="k8s.io/kubernetes",
        package=f"cmd/{name}",
        ldflags=KUBERNETES_VERSION,
    )


def _flux(name: str) -> Program:
    return Program(name=name, folder=name, module=f"github.com/fluxcd/{name}", data="config/crd/bases")


PROGRAMS = {
    program.name: program
    for program in (
        Program(name="etcd", folder="etcd", module="go.etcd.io/etcd/server/v3"),
        Program(
            name="versitygw",
            folder="versitygw",
            module="github.com/versity/versitygw",
            package="cmd/versitygw",
        ),
        _kubernetes("kube-apiserver"),
        _kubernetes("kube-controller-manager"),
        _kubernetes("kube-scheduler"),
        _flux("source-controller"),
        _flux("kustomize-controller"),
        _flux("helm-controller"),
        Program(name="kwok", folder="kwok", module="sigs.k8s.io/kwok", package="cmd/kwok", data="kustomize/stage"),
        Program(name="terraform-provider-civo", folder="civo", module="github.com/civo/terraform-provider-civo"),
        Program(name="kustomize", folder="kustomize", module="sigs.k8s.io/kustomize/kustomize/v5"),
    )
}
# What bench/ needs beside them; the tests do not.
BENCH = {
    program.name: program
    for program in (
        Program(name="rclone", folder="rclone", module="github.com/rclone/rclone"),
        Program(name="toxiproxy", folder="toxiproxy", module="github.com/Shopify/toxiproxy/v2", package="cmd/server"),
    )
}


def executable(name: str) -> Path:
    """The program's file, built if the cache lacks it (minutes for Kubernetes). Raises BuildFailed."""
    program = (PROGRAMS | BENCH)[name]
    path = _home(program) / program.name
    # The data comes first, the executable last: where the executable is, everything is.
    if not path.exists():
        with _locked(_home(program)):
            if not path.exists():  # another test run may have built it while this one waited
                _build(program, path)
    return path


def data(name: str) -> Path:
    """The folder of YAML that the program's module carries: CRDs of a Flux controller, stages of kwok."""
    return executable(name).parent / f"{name}.data"


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bucketops"


def _home(program: Program) -> Path:
    folder = MODULES / program.folder
    key = hashlib.sha256()
    for part in (folder / "go.mod", folder / "go.sum"):
        key.update(part.read_bytes())
    key.update(json.dumps([program.ldflags, program.package, program.data, GO_ENVIRONMENT]).encode())
    return cache() / "programs" / f"{program.name}-{key.hexdigest()[:16]}"


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One build of a program at a time, over all processes; the kernel frees the lock of a dead one."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(program: Program, path: Path) -> None:
    log = path.with_name(f"{program.name}.build.log")
    major, minor, *_ = program.version.removeprefix("v").split(".")
    stamp = program.ldflags.format(version=program.version, major=major, minor=minor)
    package = "/".join(filter(None, (program.module, program.package)))
    with log.open("w") as output:
        if program.data:
            _keep_data(program, path.with_name(f"{program.name}.data"), output)
        # A name of this process: the compiler of a run that was killed may still be writing its own.
        for leftover in path.parent.glob(f"{program.name}.building.*"):
            leftover.unlink()
        started = path.with_name(f"{program.name}.building.{os.getpid()}")
        command = ["go", "build", "-ldflags", f"-s -w {stamp}", "-o", str(started), package]
        _go(program, command, output)
    # Renamed when complete: a run that looks while this one builds, or dies, sees all or nothing.
    started.rename(path)


def _keep_data(program: Program, target: Path, output: IO[str]) -> None:
    """Copies one folder of the module, so that a warm start needs neither Go nor its module cache."""
    known = _go(program, ["go", "mod", "download", "-json", program.module], output, capture=True)
    source = Path(json.loads(known)["Dir"]) / program.data
    # Contents without modes: the module cache is read-only. Copying twice does no harm.
    for file in source.rglob("*.yaml"):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def _go(program: Program, command: list[str], output: IO[str], *, capture: bool = False) -> str:
    environment = {**os.environ, **GO_ENVIRONMENT}
    try:
        done = subprocess.run(
            command,
            cwd=MODULES / program.folder,
            env=environment,
            stdout=subprocess.PIPE if capture else output,
            stderr=output,
            text=True,
            check=True,
        )
    except FileNotFoundError as error:
        raise BuildFailed(f"cannot build {program.name}: no go command; install Go 1.26 or newer") from error
    except subprocess.CalledProcessError as error:
        reason = f"`{' '.join(command[:3])}` exited {error.returncode}"
        raise BuildFailed(f"cannot build {program.name}: {reason}, log: {output.name}") from error
    return done.stdout or ""


def _pinned(folder: str, module: str) -> str:
    text = (MODULES / folder / "go.mod").read_text()
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", text, re.MULTILINE)
    if not found:
        raise BuildFailed(f"{module} is not required in modules/{folder}/go.mod")
    return found.group(1)
