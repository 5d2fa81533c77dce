"""Everything the stacks emit exists in the providers' own schemas (`terraform providers schema -json`).

Types are compared as far as JSON tells them; `${...}` stands for any of them.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bucketops.settings import Settings
from synthesis import load, synthesize

SCHEMAS = {file.stem: json.loads(file.read_text()) for file in Path(__file__).parent.parent.glob("schemas/*.json")}
META = {"depends_on", "lifecycle", "provisioner", "provider", "count", "for_each", "connection"}
BUILTIN = ("terraform_data", "terraform_remote_state")


def problems(block: dict[str, Any], given: dict[str, Any], where: str) -> Iterator[str]:
    attributes, blocks = block.get("attributes", {}), block.get("block_types", {})
    for name, value in given.items():
        if name in attributes:
            yield from attribute_problems(attributes[name], value, f"{where}.{name}")
        elif name in blocks:
            items = value if isinstance(value, list) else [value]
            limit = blocks[name].get("max_items") or len(items)
            if len(items) > limit:
                yield f"{where}.{name}: {len(items)} blocks, at most {limit}"
            for item in items:
                yield from problems(blocks[name]["block"], item, f"{where}.{name}")
        elif name not in META:
            yield f"{where}.{name}: unknown"
    required = [name for name, item in attributes.items() if item.get("required")]
    required += [name for name, item in blocks.items() if item.get("min_items")]
    yield from (f"{where}.{name}: missing" for name in required if name not in given)


def attribute_problems(attribute: dict[str, Any], value: Any, where: str) -> Iterator[str]:
    if attribute.get("computed") and not attribute.get("optional"):
        yield f"{where}: only computed"
    elif "nested_type" in attribute:
        for item in value if isinstance(value, list) else [value]:
            yield from problems(attribute["nested_type"], item, where)
    elif not fits(attribute["type"], value):
        yield f"{where}: {value!r} is no {attribute['type']}"


def fits(kind: Any, value: Any) -> bool:
    if kind == "dynamic" or (isinstance(value, str) and "${" in value):
        return True
    if isinstance(kind, list) and kind[0] in ("list", "set"):
        return isinstance(value, list) and all(fits(kind[1], item) for item in value)
    if isinstance(kind, list) and kind[0] == "map":
        return isinstance(value, dict) and all(fits(kind[1], item) for item in value.values())
    if isinstance(kind, list):
        return isinstance(value, dict)
    wanted = {"string": str, "number": (int, float), "bool": bool}[kind]
    return isinstance(value, wanted) and (kind == "bool" or not isinstance(value, bool))


def stack_problems(stack: dict[str, Any]) -> Iterator[str]:
    for section, table in (("resource", "resource_schemas"), ("data", "data_source_schemas")):
        for kind, items in stack.get(section, {}).items():
            for name, body in items.items():
                if kind not in BUILTIN:
                    schema = SCHEMAS[kind.partition("_")[0]][table][kind]
                    yield from problems(schema["block"], body, f"{kind}.{name}")
    for provider, bodies in stack["provider"].items():
        for body in bodies:
            yield from problems(SCHEMAS[provider]["provider"]["block"], body, f"provider.{provider}")


FULL = Settings(
    bucket="sock-shop-manifests",
    endpoint="http://127.0.0.1:5000",
    host="shop.example.com",
    dns_domain="example.com",
    state_bucket="state-of-the-shop",
)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(Settings(bucket="sock-shop-manifests"), id="with the least settings"),
        pytest.param(FULL, id="with every optional part"),
    ],
)
def test_the_stacks_emit_nothing_their_providers_do_not_know(main, tmp_path, settings):
    stacks = synthesize(tmp_path / "out", lambda app: main.build(app, settings))
    assert {name: list(stack_problems(stack)) for name, stack in stacks.items()} == {
        "bucket": [],
        "cluster": [],
        "flux": [],
        "site": [],
    }


@pytest.mark.parametrize("example", ["existing_cluster", "bucket_and_hook", "plain_mirror"])
def test_the_examples_emit_nothing_their_providers_do_not_know(example, tmp_path):
    module = load(f"examples/{example}.py")
    (stack,) = (item for name, item in vars(module).items() if name.endswith("Stack") and name != "TerraformStack")
    (body,) = synthesize(tmp_path / "out", lambda app: stack(app, "stranger")).values()
    assert list(stack_problems(body)) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param({"label": "a", "size": 1}, "x.size: unknown", id="an attribute nobody knows"),
        pytest.param({}, "x.label: missing", id="a required attribute left out"),
        pytest.param({"label": "a", "name": "b"}, "x.name: only computed", id="an attribute only computed"),
        pytest.param({"label": ["a"]}, "x.label: ['a'] is no string", id="a list for text"),
        pytest.param({"label": "a", "vlan_id": True}, "x.vlan_id: True is no number", id="a choice for a number"),
    ],
)
def test_the_contract_notices(body, problem):
    schema = SCHEMAS["civo"]["resource_schemas"]["civo_network"]["block"]
    assert list(problems(schema, body, "x")) == [problem]
