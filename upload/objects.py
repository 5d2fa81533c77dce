"""The objects of a cluster, by what tells them apart. Pure."""

import posixpath
from collections.abc import Container, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from upload.kustomize import FLUX_GROUP, NAMES


class Reference(NamedTuple):
    """Two manifests with the same reference fight for one object; the version of an API tells none apart."""

    group: str  # "" for the core group
    kind: str
    namespace: str  # "" where none is written
    name: str

    def __str__(self) -> str:
        kind = f"{self.group}/{self.kind}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


Objects = Mapping[Reference, Mapping[str, Any]]


def group_of(api_version: str) -> str:
    """The group of an apiVersion: "apps" of "apps/v1", "" of "v1"."""
    return api_version.rpartition("/")[0]


def parse_objects(content: bytes) -> dict[Reference, Mapping[str, Any]]:
    """The objects of a YAML stream, as kustomize prints it. What is no object is left out."""
    import yaml

    found = yaml.load_all(content, _loader())
    return {reference: item for item in found if (reference := _reference(item))}


def dump(item: Mapping[str, Any]) -> str:
    """An object as YAML, keys sorted and texts of several lines as they are, for people to compare."""
    import yaml

    return str(yaml.dump(item, Dumper=_dumper(), default_flow_style=False, allow_unicode=True, width=10_000))


def folder_of(path: object) -> str:
    """`spec.path` of a Flux Kustomization as a folder of the tree: "apps" of "./apps/", "" for the root."""
    return posixpath.normpath(posixpath.join("/", path if isinstance(path, str) else "")).strip("/")


def kustomization_of(folder: str, paths: Container[str]) -> str | None:
    """The kustomization file of a folder; None if it has none."""
    return next((path for name in NAMES if (path := f"{folder}/{name}".lstrip("/")) in paths), None)


def nested_folders(objects: Objects) -> Iterator[str]:
    """The folders that Flux Kustomizations among `objects` read from a bucket; it may be another bucket."""
    for reference, item in objects.items():
        if (reference.group, reference.kind) == (FLUX_GROUP, "Kustomization"):
            match item:
                case {"spec": {"sourceRef": {"kind": "Bucket"}}}:
                    yield folder_of(item["spec"].get("path"))


def _reference(item: Any) -> Reference | None:
    match item:
        case {"apiVersion": str(version), "kind": str(kind), "metadata": {"name": name} as metadata}:
            return Reference(group_of(version), kind, str(metadata.get("namespace") or ""), str(name))
    return None


@cache
def _loader() -> Any:
    """Without dates: Kubernetes has none, and they could be written neither as JSON nor as they were."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers = {  # noqa: RUF012
            letter: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
            for letter, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    return Loader


@cache
def _dumper() -> Any:
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: object) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return Dumper
