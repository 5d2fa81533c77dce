"""Read a directory of manifests as a release."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from upload import kustomize
from upload.errors import SourceRefused
from upload.release import File, Release, path_problems, release_id
from upload.walk import IGNORE_FILE, walk

DEFAULT_SOURCE = "aws-bucket"  # the Flux Bucket that reads us, by the name the constructs give it
_HELD = 32_000_000  # bytes of a tree that is kept in memory; a bigger one is read once more for each use
_MAX_FILE = 50_000_000  # bytes; etcd takes 1.5 MB an object, and Flux fetches every file at each change


class Tree(NamedTuple):
    """A release and where its bytes are."""

    root: Path
    release: Release
    held: Mapping[str, bytes]  # path -> content: of files that only the release has, and of trees that are small
    joined_from: "Tree | None" = None  # whose files are one now

    def read(self, file: File) -> bytes:
        """The bytes of one file. Raises SourceRefused if they are not what the release is named after."""
        if (held := self.held.get(file.path)) is not None:
            return held
        content = _read(f"{self.root}/{file.path}")
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise SourceRefused(f"{self.root / file.path} changed while it was published: publish again")
        return content


def read_release(directory: Path, *, source: str = DEFAULT_SOURCE, prefix: str = "") -> Release:
    """Name what `directory` holds, without keeping its content."""
    return read_tree(directory, source=source, prefix=prefix).release


def read_tree(directory: Path, *, source: str = DEFAULT_SOURCE, prefix: str = "") -> Tree:
    """Read and hash everything that would be published from `directory`.

    `source` names the Flux Bucket that reads the result: Flux Kustomizations of the tree that use it are led
    into the release, which lies below `prefix` ("" or "staging/"). Raises SourceRefused with all problems, one
    a line, if the tree cannot be published.
    """
    if not directory.is_dir():
        what = "is not a directory" if directory.exists() else "does not exist"
        raise SourceRefused(f"the source {directory} {what}: name the directory that holds the manifests")
    problems: list[str] = []
    paths = sorted(walk(directory, problems), key=os.fsencode)
    problems += path_problems(paths)
    files: dict[str, File] = {}
    held: dict[str, bytes] = {}
    size = 0
    nested: list[kustomize.Nested] = []
    for path in paths if not problems else ():
        try:
            content = _read(f"{directory}/{path}")
            nested += _nested_in(path, content, source)
            if _is_yaml(path) and b"\0" in content:
                raise SourceRefused(
                    f"{directory / path} is binary, expected YAML: rename it or name it in {IGNORE_FILE}"
                )
        except SourceRefused as problem:
            problems.append(str(problem))
        else:
            files[path] = _file(path, content)
            held[path] = content
            size += len(content)
            if size > _HELD:
                held.clear()
    if problems:
        raise SourceRefused("\n".join(problems))
    if not any(_is_yaml(path) or path in kustomize.NAMES for path in files):
        raise SourceRefused(
            f"no manifests in {directory}: expected at least one .yaml file, an empty release is refused"
        )
    generated = _generate({"", *(entry.path for entry in nested)}, files)
    files |= {path: _file(path, content) for path, content in generated.items()}
    id = release_id(files.values())
    ordered = tuple(files[path] for path in sorted(files))
    return Tree(
        root=directory,
        release=Release(id=id, files=ordered, pointer=kustomize.pointer(id, nested, prefix=prefix)),
        held=held | generated,
    )


def release_from(contents: Mapping[str, bytes], *, source: str = DEFAULT_SOURCE, prefix: str = "") -> Release:
    """Name files that are no directory any more: those of an archive, which has what was generated once."""
    nested: list[kustomize.Nested] = []
    for path, content in contents.items():
        nested += _nested_in(path, content, source)
    files = tuple(_file(path, contents[path]) for path in sorted(contents))
    id = release_id(files)
    rendered = contents.keys() == {kustomize.RENDERED}
    return Release(id=id, files=files, pointer=kustomize.pointer(id, nested, prefix=prefix, rendered=rendered))


def _nested_in(path: str, content: bytes, source: str) -> list[kustomize.Nested]:
    if not _is_yaml(path) or kustomize.FLUX_GROUP.encode() not in content:
        return []
    return kustomize.nested_in(_documents(content), source=source)


def _is_yaml(path: str) -> bool:
    return path.endswith((".yaml", ".yml"))


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as stream:
            if (size := os.fstat(stream.fileno()).st_size) > _MAX_FILE:
                raise SourceRefused(
                    f"{path} has {size / 1e6:.0f} MB, expected at most {_MAX_FILE / 1e6:.0f}: name it in {IGNORE_FILE}"
                )
            return stream.readall()
    except OSError as error:
        raise SourceRefused(f"{path} cannot be read: {error.strerror}") from error


def _file(path: str, content: bytes) -> File:
    md5 = hashlib.md5(content, usedforsecurity=False)
    return File(path, hashlib.sha256(content).hexdigest(), md5.hexdigest(), len(content))


def _documents(content: bytes) -> list[Any]:
    """Parsed YAML; [] for what is none: a chart's template, or a mistake that `upload.checks` reports by its line."""
    import yaml  # 20 ms, and most trees never need it

    try:
        return list(yaml.load_all(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, ValueError):  # ValueError: a date such as 2026-13-45
        return []


def _generate(folders: Iterable[str], files: Mapping[str, File]) -> dict[str, bytes]:
    """A kustomization.yaml for each folder Flux would make one up for, innermost first: they count as well.

    Flux makes one of whatever is there, so a folder fetched in part would be pruned to that part, while a
    file that names its resources fails to build.
    """
    generated: dict[str, bytes] = {}
    for folder in sorted(folders, key=len, reverse=True):
        known = [*files, *generated]
        own = {f"{folder}/{name}".lstrip("/") for name in kustomize.NAMES}
        if own.isdisjoint(known) and any(kustomize.is_below(folder, path) for path in known):
            generated[f"{folder}/kustomization.yaml".lstrip("/")] = kustomize.generate(folder, known)
    return generated
