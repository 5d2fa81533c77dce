"""What is wrong with a tree, found before anything is sent: all of it at once, each with its line and what to do."""

import json
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from upload.build import MOST, BuildFailed, find_kustomize, laid_out
from upload.checks.finding import Finding
from upload.checks.leaks import environment_leak, leak
from upload.checks.manifest import Manifest
from upload.checks.reach import Reached, reach
from upload.checks.removed_apis import removed_api
from upload.objects import folder_of, kustomization_of
from upload.release import Release
from upload.source import Tree

__all__ = ["Examined", "Finding", "check_tree", "examine"]

_EXPLAINS_BUILD = {"yaml", "duplicate", "dangling"}  # what fails there fails the build, with a worse message


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A tree that was looked through."""

    findings: list[Finding]  # by path and line
    reached: Reached = field(repr=False)


def check_tree(tree: Tree, *, skip: Collection[str] = ()) -> list[Finding]:
    """Everything that is wrong with a tree, sorted by path and line, but for the checks in `skip`."""
    return examine(tree, skip=skip).findings


def examine(tree: Tree, *, skip: Collection[str] = ()) -> Examined:
    """The same, with what was seen on the way. Of a tree that files were joined to, those are looked at.

    Reads each file once. Raises SourceRefused if one has changed meanwhile.
    """
    tree = tree.joined_from or tree
    files = {file.path: file for file in tree.release.files}
    leaks: dict[str, list[Finding]] = {}
    seen: set[str] = set()

    def read(path: str) -> bytes:
        content = tree.read(files[path])
        if found := [finding for find in (leak, environment_leak) if (finding := find(path, content))]:
            leaks[path] = found
        seen.add(path)
        return content

    reached = reach(files, read, led=_led(tree.release), left_out=lambda path: os.path.lexists(tree.root / path))
    if "state-file" not in skip:
        for path in files.keys() - seen:
            read(path)
    findings = {*reached.findings, *_by_manifest(reached.manifests), *_meant(leaks, reached)}
    if "build" not in skip and not any(finding.check in _EXPLAINS_BUILD for finding in findings):
        findings |= set(_build(tree, reached))
    counted = sorted((finding for finding in findings if finding.check not in skip), key=_position)
    return Examined(findings=counted, reached=reached)


def _position(finding: Finding) -> tuple[str, int, str, str]:
    return finding.path, finding.line or 0, finding.check, finding.message


def _by_manifest(manifests: Iterable[Manifest]) -> Iterator[Finding]:
    for manifest in manifests:
        if problem := removed_api(manifest.api_version, manifest.kind):
            yield Finding(manifest.path, manifest.line, "removed-api", problem)
        if manifest.plain is not None:
            advice = f"`sops encrypt --in-place --encrypted-regex '^(data|stringData)$' {manifest.path}`"
            message = f"{manifest.reference} is not encrypted: use {advice}, and spec.decryption of Flux"
            yield Finding(manifest.path, manifest.plain, "secret", message)


def _meant(leaks: dict[str, list[Finding]], reached: Reached) -> Iterator[Finding]:
    """The files that leak something, but for those the check of Secrets judges, or a ConfigMap is made of."""
    judged = reached.secret | {manifest.path for manifest in reached.manifests if manifest.kind == "Secret"}
    for path, found in leaks.items():
        for finding in found if path not in judged else ():
            if finding.line is not None or path not in reached.plain:
                yield finding


def _build(tree: Tree, reached: Reached) -> Iterator[Finding]:
    # A remote resource would need the network, and would be fetched again at every publish. Where kustomize only
    # gathers files, all that it would refuse has been found.
    if (
        reached.remote
        or reached.only_lists
        or len(tree.release.files) > MOST
        or (kustomize := find_kustomize()) is None
    ):
        return
    files = {file.path: tree.read(file) for file in tree.release.files}
    with laid_out(files) as root:
        for folder in reached.roots:
            try:
                kustomize.render(root / folder, root=root)
            except BuildFailed as error:
                yield Finding(kustomization_of(folder, files) or folder, None, "build", f"{kustomize} failed: {error}")


def _led(release: Release) -> set[str]:
    """The folders that Flux Kustomizations of this bucket read, which the pointer leads into the release."""
    _, _, patches = release.pointer.partition(b"\npatches: ")  # JSON to the end of the file
    paths = [json.loads(entry["patch"])[0]["value"] for entry in json.loads(patches or b"[]")]
    return {folder_of(path.partition(f"live/{release.id}")[2]) for path in paths}
