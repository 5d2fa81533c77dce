"""Follow kustomization files as kustomize would, and see what of a tree is applied. Pure but for `read`.

What nothing leads to (charts, scripts, notes) is carried as data: it is neither parsed nor judged.
"""

import difflib
import posixpath
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from upload.checks.finding import Finding
from upload.checks.layers import Entry, duplicates, transformed
from upload.checks.manifest import Manifest, is_encrypted, is_readable, manifests
from upload.checks.nodes import NotYaml, documents, mapping_as_key
from upload.checks.quick import quick_manifests
from upload.checks.references import Named, is_remote, named_in, target_of
from upload.objects import Reference, kustomization_of
from upload.walk import IGNORE_FILE

if TYPE_CHECKING:
    from upload.checks.nodes import Node

Read = Callable[[str], bytes]


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What Flux would come to see of a tree."""

    manifests: list[Manifest]  # of each file once, patches included
    findings: list[Finding]
    applied: dict[Reference, Manifest]  # as the cluster gets them, patches apart
    plain: set[str]  # files a configMapGenerator takes
    secret: set[str]  # files a secretGenerator takes
    remote: bool  # something is fetched from elsewhere
    roots: list[str]  # folders that Flux builds: "", and those of nested Flux Kustomizations

    def objects(self) -> dict[Reference, dict[str, Any]]:
        """As a build would give them, with no more content than the mark that Flux must not prune them."""
        kept = {"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/prune": "disabled"}}}
        return {reference: kept if manifest.keep else {} for reference, manifest in self.applied.items()}


def reach(
    paths: Iterable[str],
    read: Read,
    *,
    led: Collection[str] = (),
    left_out: Callable[[str], bool] = lambda path: False,
) -> Reached:
    """Walk from the root, and from each folder that a Flux Kustomization on a Bucket reads.

    `led` are the folders that Flux Kustomizations of this bucket name, which must exist; `left_out` says
    whether a missing path exists and is only not published. Each file is read once at most.
    """
    walk = _Walk(paths=frozenset(paths), read=read, left_out=left_out)
    applied: dict[Reference, Manifest] = {}
    roots = [""]
    for root in roots:  # grows on the way
        for entry in walk.layer(root, ()):
            applied.setdefault(entry.reference, entry.manifest)
            if (reads := entry.manifest.reads) is None:
                continue
            folder, line = reads
            if kustomization_of(folder, walk.paths):
                roots += [folder] if folder not in roots else []
            elif folder in led:
                walk.find(entry.manifest.path, line, "dangling", f"spec.path names {folder}, {walk.why(folder)}")
    return Reached(
        manifests=walk.manifests,
        findings=walk.findings,
        applied=applied,
        plain=walk.plain,
        secret=walk.secret,
        remote=walk.remote,
        roots=roots,
    )


@dataclass(kw_only=True)
class _Walk:
    paths: frozenset[str]
    read: Read
    left_out: Callable[[str], bool]
    manifests: list[Manifest] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    plain: set[str] = field(default_factory=set)
    secret: set[str] = field(default_factory=set)
    remote: bool = False

    def __post_init__(self) -> None:
        self._folders = {path[:end] for path in self.paths for end, letter in enumerate(path) if letter == "/"} | {""}
        self._layers: dict[str, list[Entry]] = {}
        self._files: dict[str, list[Entry]] = {}

    def find(self, path: str, line: int | None, check: str, message: str) -> None:
        self.findings.append(Finding(path, line, check, message))

    def layer(self, folder: str, above: tuple[str, ...]) -> list[Entry]:
        """What a folder's kustomization gives to the one that names it; read once, however many name it."""
        if folder not in self._layers:
            self._layers[folder] = self._layer(folder, (*above, folder))
        return self._layers[folder]

    def _layer(self, folder: str, above: tuple[str, ...]) -> list[Entry]:
        path = kustomization_of(folder, self.paths)
        node = next(iter(self._documents(path, self.read(path))), None) if path else None
        if path is None or node is None:
            return []
        entries = [entry for named in named_in(node) for entry in self._follow(path, named, above)]
        self.findings += duplicates(path, entries)
        return transformed(entries, node)

    def _follow(self, path: str, named: Named, above: tuple[str, ...]) -> list[Entry]:
        if named.use == "literal":
            if is_readable(named.entry):
                self.find(path, named.line, "secret", f"{named.field} has a plain value: encrypt a file and name that")
            return []
        target = target_of(path, named.entry)
        if target in self.paths and named.use != "component":
            return self._file(path, named, target)
        is_folder = target in self._folders and named.use in ("resource", "component", "plugin")
        if is_folder and target in above:
            self.find(path, named.line, "dangling", f"{named.field} names {named.entry}, which leads back here")
        elif is_folder and kustomization_of(target, self.paths):
            return self.layer(target, above) if named.use != "plugin" else []
        elif is_remote(named.entry):
            self.remote = True
        else:
            self.find(path, named.line, "dangling", f"{named.field} names {named.entry}, {self.why(target)}")
        return []

    def _file(self, path: str, named: Named, target: str) -> list[Entry]:
        match named.use:
            case "config":
                self.plain.add(target)
            case "secret":
                self._secret_file(path, named, target)
            case "patch" if target not in self._files:
                self._files[target] = self._manifests(target, whole=False)
            case "resource":
                if target not in self._files:
                    self._files[target] = self._manifests(target, whole=True)
                return self._files[target]
        return []

    def _secret_file(self, path: str, named: Named, target: str) -> None:
        if target not in self.secret:
            self.secret.add(target)
            content = self.read(target)
            if not is_encrypted(content) and is_readable(content.decode(errors="replace")):
                advice = f"encrypt it with `sops encrypt --in-place {target}`"
                self.find(path, named.line, "secret", f"{named.field} names {named.entry}, which is plain: {advice}")

    def _manifests(self, path: str, *, whole: bool) -> list[Entry]:
        """`whole`: they are objects, and no patches of some."""
        content = self.read(path)
        found = quick_manifests(path, content)
        if found is None:
            found = [manifest for node in self._documents(path, content) for manifest in manifests(path, node)]
        self.manifests += found
        for manifest in found if whole else ():
            fields = {"apiVersion": manifest.api_version, "kind": manifest.kind, "metadata.name": manifest.name}
            if missing := [name for name, value in fields.items() if not value]:
                self.find(path, manifest.line, "yaml", f"no Kubernetes object, {missing[0]} is missing: {_NO_OBJECT}")
        return [Entry(manifest.reference, True, manifest) for manifest in found if manifest.kind and manifest.name]

    def _documents(self, path: str, content: bytes) -> "list[Node]":
        try:
            found = documents(content)
            # A template's braces may read as a mapping of mappings, which kustomize does not take either.
            wrong = next(filter(None, map(mapping_as_key, found)), None) if b"{{" in content else None
            if wrong is not None:
                raise NotYaml("a mapping cannot be a key", wrong.start_mark.line + 1)
            return found
        except NotYaml as error:
            advice = f"a template? {_NO_OBJECT}" if b"{{" in content else "correct it"
            self.find(path, error.line, "yaml", f"not YAML, {error}: {advice}")
        return []

    def why(self, target: str) -> str:
        """Why a path is not there, and what to do."""
        if target.startswith(("../", "/")) or target == "..":
            return "which lies outside of the source: Flux sees only what is published, copy it"
        if target in self._folders:
            return f"a folder without a kustomization file: Flux makes up none there, write {target}/kustomization.yaml"
        if self.left_out(target):
            return f"which is left out of the release: take it out of {IGNORE_FILE}, or this line away"
        folder = posixpath.dirname(target)
        beside = {path for path in (*self.paths, *self._folders) if path and posixpath.dirname(path) == folder}
        if close := difflib.get_close_matches(target, beside, 1, 0.8):
            return f"which does not exist: did you mean {posixpath.basename(close[0])}?"
        return "which does not exist: create it, or take this line away"


_NO_OBJECT = f"take it out of the kustomization, or name it in {IGNORE_FILE}"
