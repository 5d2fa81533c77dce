"""What a tree means to a cluster: its objects, built by kustomize where it is at hand.

Flux builds with kustomize too: what fails here fails there, and what comes out here is applied there.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from upload.errors import SourceRefused
from upload.kustomize import NAMES, generate
from upload.objects import Objects, Reference, kustomization_of, nested_folders, parse_objects

_PATIENCE_S = 120  # a remote base that hangs must not hang a publish
# kustomize compares each object with all others: 1,000 took 0.9 s, 2,000 3 s, 5,000 more than 20 (5.7.1, 2 cores).
MOST = 2000  # files; what has more is read and not built, since a publish should not cost a minute
_WORDS = 600  # characters of an error, which kustomize nests folder by folder
# As klog prints an error of kubectl: in one line as Go quotes it, else as it is.
_LOGGED = re.compile(r'"command failed" err=(?:"(.*)"|< ?(.*?) ?>)$')


class BuildFailed(SourceRefused):
    """kustomize cannot build the tree, and neither could Flux. The message is kustomize's own, in one line."""


@dataclass(frozen=True, kw_only=True)
class Kustomize:
    """A program that builds, by its path: `kustomize build` or `kubectl kustomize`."""

    command: tuple[str, ...]

    def render(self, directory: Path, *, root: Path | None = None) -> bytes:
        """All objects of a directory as one YAML stream, the same bytes for the same files.

        Raises BuildFailed, with paths below `root` where that is another folder.
        """
        # Flux lifts the restriction too, and lets `../` lead anywhere inside of the artifact
        # (kustomize-controller internal/controller, generate and build).
        command = [*self.command, "--load-restrictor", "LoadRestrictionsNone", str(directory)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as error:
            raise BuildFailed(f"{self} did not end within {_PATIENCE_S} s: look at remote resources") from error
        except OSError as error:
            raise BuildFailed(f"{self} cannot be started: {error.strerror}") from error
        if done.returncode != 0:
            raise BuildFailed(_one_line(done.stderr.decode(errors="replace"), root or directory) or f"{self} failed")
        return done.stdout

    def __str__(self) -> str:
        return " ".join([Path(self.command[0]).name, *self.command[1:]])


def find_kustomize() -> Kustomize | None:
    """kustomize, else kubectl, which has one inside; None if neither is on the PATH."""
    if path := shutil.which("kustomize"):
        return Kustomize(command=(path, "build"))
    if path := shutil.which("kubectl"):
        return Kustomize(command=(path, "kustomize"))
    return None


def build(directory: Path, *, kustomize: Kustomize) -> dict[Reference, Mapping[str, Any]]:
    """The objects of a directory. Raises BuildFailed."""
    return parse_objects(kustomize.render(directory))


def render_files(files: Mapping[str, bytes], *, kustomize: Kustomize) -> bytes:
    """The root of a tree that is given as contents by path, as one YAML stream. Raises BuildFailed."""
    with laid_out(files) as directory:
        return kustomize.render(directory)


def build_files(files: Mapping[str, bytes], *, kustomize: Kustomize) -> dict[Reference, Mapping[str, Any]]:
    """All objects that Flux makes of a release: of the root, and of what Flux Kustomizations in it read.

    Raises BuildFailed.
    """
    found: dict[Reference, Mapping[str, Any]] = {}
    waiting, seen = [""], {""}
    with laid_out(files) as directory:
        while waiting:
            built = parse_objects(kustomize.render(directory / waiting.pop(), root=directory))
            found = built | found
            nested = {folder for folder in nested_folders(built) if kustomization_of(folder, files)} - seen
            waiting += sorted(nested)
            seen |= nested
    return found


def build_both(
    old: Mapping[str, bytes], new: Mapping[str, bytes], *, kustomize: Kustomize | None
) -> tuple[Objects, Objects, bool]:
    """The objects of two releases, found in the same way; and whether they were built.

    Where kustomize is missing, or cannot build one of them (a broken release may be live), or takes too long for
    so many, the manifests are read instead: what patches, generators and remote resources do is then not seen,
    and objects have no content but the mark that Flux never prunes them.
    """
    if kustomize and max(len(old), len(new)) <= MOST:
        try:
            return build_files(old, kustomize=kustomize), build_files(new, kustomize=kustomize), True
        except BuildFailed:
            pass
    from upload.checks.reach import reach

    return reach(old, old.__getitem__).objects(), reach(new, new.__getitem__).objects(), False


@contextmanager
def laid_out(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A private folder with the files, and nothing that is not published with them."""
    with TemporaryDirectory(prefix="bucketops-") as name:
        root = Path(name).resolve()  # kustomize tells paths with links resolved
        for folder in {path.rpartition("/")[0] for path in files}:
            (root / folder).mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            (root / path).write_bytes(content)
        if not kustomization_of("", files):  # a rendered release, whose file the pointer names itself
            (root / NAMES[0]).write_bytes(generate("", files))
        yield root


def _one_line(stderr: str, root: Path) -> str:
    """kustomize's own words, without the ways kubectl and its log print them, and without our folder."""
    lines = [line for line in stderr.splitlines() if line.strip() and not line.startswith(("# Warning", "Warning:"))]
    text = " ".join(" ".join(lines).split())
    if logged := _LOGGED.search(text):
        text = re.sub(r"\\(.)", r"\1", logged[1]) if logged[1] else logged[2]
    text = re.sub(r"^[Ee]rror: ", "", text)
    text = text.replace(f"{root}/", "").replace(str(root), ".").removeprefix("accumulating resources: ")
    return text if len(text) <= _WORDS else f"{text[:_WORDS]}..."
