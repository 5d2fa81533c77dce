"""YAML as nodes, which know their lines and cost a third of parsed values. Pure."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from yaml import MappingNode, ScalarNode, SequenceNode, YAMLError

    Node = ScalarNode | SequenceNode | MappingNode


NULL = "tag:yaml.org,2002:null"  # the tag of what is written as null; the others are not told apart
_NULLS = {"", "~", "null", "Null", "NULL"}


class NotYaml(Exception):
    """`line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def documents(content: bytes) -> "list[Node]":
    """The documents of a file, without empty ones. Raises NotYaml.

    Aliases stay references to one node, so that a bomb of them costs nothing here.
    """
    import yaml

    try:
        try:
            nodes: list[Any] = list(yaml.compose_all(content, _loader()))
        except yaml.composer.ComposerError:
            nodes = list(yaml.compose_all(content, _lenient_loader()))
    except yaml.YAMLError as error:
        _refuse(error, content)
    return [node for node in nodes if node is not None and node.tag != NULL]


def child(node: "Node | None", *keys: str) -> "Node | None":
    """What lies below the keys of nested mappings; None where there is nothing."""
    for key in keys:
        node = next((value for name, value in pairs(node) if name.value == key), None)
    return node


def pairs(node: "Node | None") -> "list[tuple[Node, Node]]":
    """Keys and values of a mapping, [] for anything else."""
    return node.value if node is not None and node.id == "mapping" else []


def items(node: "Node | None") -> "list[Node]":
    """What is in a sequence, [] for anything else."""
    return node.value if node is not None and node.id == "sequence" else []


def text(node: "Node | None", *keys: str) -> str:
    """A scalar as it is written, below `keys`; "" for anything else and for null."""
    found = child(node, *keys)
    return found.value if found is not None and found.id == "scalar" and found.tag != NULL else ""


def line(node: "Node") -> int:
    """The line of the file it begins in, from 1."""
    return int(node.start_mark.line) + 1


def mapping_as_key(node: "Node") -> "Node | None":
    """The first mapping that is the key of another: `{{ .Values.x }}` of a Helm template reads so."""
    seen: set[int] = set()

    def walk(node: "Node") -> "Iterator[Node]":
        if id(node) in seen:
            return
        seen.add(id(node))
        for key, value in pairs(node):
            if key.id != "scalar":
                yield key
            yield from walk(value)
        for item in items(node):
            yield from walk(item)

    return next(walk(node), None)


def repeated_key(node: "Node") -> "ScalarNode | None":
    """The second of two equal keys of a mapping, anywhere in a document: YAML forbids it, and kustomize refuses it."""
    seen: set[int] = set()
    waiting = [node] if node.id != "scalar" else []
    while waiting:
        one = waiting.pop()
        if id(one) in seen:  # an alias
            continue
        seen.add(id(one))
        if one.id == "sequence":
            waiting += [item for item in one.value if item.id != "scalar"]
        else:
            # Counted first, which is all that most mappings need.
            if len({key.value for key, _ in one.value if key.id == "scalar"}) < len(one.value):
                keys: set[str] = set()
                key: ScalarNode
                for key, _ in one.value:
                    if key.id == "scalar" and key.value in keys:
                        return key
                    keys |= {key.value} if key.id == "scalar" else set()
            waiting += [value for _, value in one.value if value.id != "scalar"]
    return None


@cache
def _loader() -> Any:
    """libyaml's, where PyYAML has it, without the search for types in every value: half of the time."""
    import yaml

    base: Any = getattr(getattr(yaml, "cyaml", None), "CParser", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
            return NULL if kind is yaml.ScalarNode and implicit[0] and value in _NULLS else ""

        def descend_resolver(self, *_: Any) -> None: ...

        def ascend_resolver(self) -> None: ...

    return Loader


@cache
def _lenient_loader() -> Any:
    """An anchor may be set twice, as YAML and kustomize have it and PyYAML does not."""
    import yaml

    class Loader(yaml.SafeLoader):
        anchors: dict[str, Any]

        def compose_node(self, parent: Any, index: Any) -> Any:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            if not isinstance(event, yaml.AliasEvent):
                self.anchors.pop(event.anchor, None)
            return super().compose_node(parent, index)

    return Loader


def _refuse(error: "YAMLError", content: bytes) -> NoReturn:
    import yaml

    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        raise NotYaml(error.problem or error.context or "no YAML", mark.line + 1 if mark else 1) from error
    if isinstance(error, yaml.reader.ReaderError):
        before = content[: error.position]  # in bytes, as libyaml counts
        raise NotYaml(error.reason, before.count(b"\n") + 1) from error
    raise NotYaml(" ".join(str(error).split()), 1) from error
