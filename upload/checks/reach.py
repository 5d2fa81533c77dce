"""Follow kustomization files as kustomize would, and see what of a tree is applied. Pure but for `read`.

What nothing leads to (charts, scripts, notes) is carried as data: it is neither parsed nor judged.
"""

import difflib
import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from upload.checks.finding import Finding
from upload.checks.layers import Entry, duplicates, transformed
from upload.checks.manifest import Manifest, is_encrypted, is_readable
from upload.checks.nodes import NotYaml, child, items, pairs
from upload.checks.parse import manifests_of, parse, ties_documents
from upload.checks.references import Named, is_remote, named_in, target_of
from upload.kustomize import NAMES, ONLY_LISTS, generate
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
    only_lists: bool  # no kustomization does more than list local files: `applied` is all that a build would give
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
    known: Mapping[str, list[Manifest]] = MappingProxyType({}),
) -> Reached:
    """Walk from the root, and from each folder that a Flux Kustomization on a Bucket reads.

    A root without a kustomization file, that of a rendered release, is read as Flux would. `known` has the
    manifests of files that were found sound before.

    `led` are the folders that Flux Kustomizations of this bucket name, which must exist; `left_out` says
    whether a missing path exists and is only not published. Each file is read once at most.
    """
    all_paths = frozenset(paths)
    if kustomization_of("", all_paths) is None:
        made, given = generate("", all_paths), read
        all_paths |= {NAMES[0]}

        def read(path: str) -> bytes:
            return made if path == NAMES[0] else given(path)

    walk = _Walk(paths=all_paths, read=read, left_out=left_out, known=known)
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
        only_lists=walk.only_lists and not walk.remote and not walk.findings,
        roots=roots,
    )


@dataclass(kw_only=True)
class _Walk:
    paths: frozenset[str]
    read: Read
    left_out: Callable[[str], bool]
    known: Mapping[str, list[Manifest]]
    manifests: list[Manifest] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    plain: set[str] = field(default_factory=set)
    secret: set[str] = field(default_factory=set)
    remote: bool = False
    only_lists: bool = True

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
        node = self._kustomization(path) if path else None
        if path is None or node is None:
            return []
        self.only_lists &= {key.value for key, _ in pairs(node)} <= ONLY_LISTS and bool(items(child(node, "resources")))
        entries = [entry for named in named_in(node) for entry in self._follow(path, named, above)]
        self.findings += duplicates(path, entries)
        return transformed(entries, node)

    def _kustomization(self, path: str) -> "Node | None":
        content = self.read(path)
        try:
            return next(iter(parse(content)), None)
        except NotYaml as error:
            self._refuse(path, content, error)
            return None

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
        found = self.known.get(path)
        if found is None:
            content = self.read(path)
            try:
                found = manifests_of(path, content)
            except NotYaml as error:
                self._refuse(path, content, error)
                return []
            self.only_lists &= bool(found) and all(manifest.regular for manifest in found)
            self.only_lists &= not ties_documents(content) and _LOCAL not in content
        self.manifests += found
        for manifest in found if whole else ():
            fields = {"apiVersion": manifest.api_version, "kind": manifest.kind, "metadata.name": manifest.name}
            if missing := [name for name, value in fields.items() if not value]:
                self.find(path, manifest.line, "yaml", f"no Kubernetes object, {missing[0]} is missing: {_NO_OBJECT}")
        return [Entry(manifest.reference, True, manifest) for manifest in found if manifest.kind and manifest.name]

    def _refuse(self, path: str, content: bytes, error: NotYaml) -> None:
        advice = f"a template? {_NO_OBJECT}" if b"{{" in content else "correct it"
        self.find(path, error.line, "yaml", f"not YAML, {error}: {advice}")

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


_LOCAL = b"config.kubernetes.io/local-config"  # kustomize leaves out what has this annotation
_NO_OBJECT = f"take it out of the kustomization, or name it in {IGNORE_FILE}"
