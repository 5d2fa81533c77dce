"""The settings of the project: `context.bucketops` of cdktf.json, and BUCKETOPS_* of the environment before it.

Pure, and without jsii, so that a typo is answered before anything slow starts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from bucketops import rules

PREFIX = "BUCKETOPS_"
# Names in the environment that are not settings of the stacks: the cluster of the tests, and where
# scripts/terraform_mirror.py finds providers.
ELSEWHERE = frozenset({"BUCKETOPS_KUBECONFIG", "BUCKETOPS_PROVIDER_MIRROR"})


class ConfigurationError(Exception):
    """The settings cannot be used. One line for each problem, all of them at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def _text(rule: Callable[[str], None]) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not text")
        rule(value)
        return value

    return parse


def _texts(rule: Callable[[str], None]) -> Callable[[object], tuple[str, ...]]:
    def parse(value: object) -> tuple[str, ...]:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list) or not items:
            raise ValueError(f"{value!r} is not a list, expected at least one item, separated by commas")
        stripped = [item.strip() if isinstance(item, str) else item for item in items]
        return tuple(map(_text(rule), stripped))

    return parse


def _count(value: object) -> int:
    # The environment holds text only, and JSON's true is an int to Python.
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError(f"{value!r} is not a number of nodes, expected 1 or more")
    return number


def _choice(value: object) -> bool:
    choices = {"true": True, "1": True, "false": False, "0": False}
    choice = choices.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(choice, bool):
        raise ValueError(f"{value!r} is not a choice, expected true or false")
    return choice


def _setting(parse: Callable[[object], Any], **default: Any) -> Any:
    return field(metadata={"parse": parse}, **default)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One field for each setting, under the name it has in cdktf.json; "" there means: not set."""

    bucket: str = _setting(_text(rules.bucket_name))  # no default: names are unique in all of AWS
    region: str = _setting(_text(rules.aws_region), default="eu-central-1")
    endpoint: str | None = _setting(_text(rules.endpoint_url), default=None)  # an S3 server other than AWS
    prefix: str | None = _setting(_text(rules.bucket_folder), default=None)  # one of several environments in the bucket
    force_destroy: bool = _setting(_choice, default=False)  # destroy the bucket with all releases in it

    cluster_name: str = _setting(_text(rules.resource_name), default="civo-k3s-cluster")
    civo_region: str = _setting(_text(rules.civo_region), default="FRA1")
    node_size: str = _setting(_text(rules.node_size), default="g4s.kube.medium")
    node_count: int = _setting(_count, default=3)
    kubernetes_version: str = _setting(_text(rules.k3s_version), default="1.35.0-k3s1")
    admin_cidrs: tuple[str, ...] = _setting(_texts(rules.cidr), default=("0.0.0.0/0",))  # who reaches the API
    flux_repository: str | None = _setting(_text(rules.chart_repository), default=None)  # else the Flux community's

    host: str | None = _setting(_text(rules.host_name), default=None)  # else one of sslip.io
    dns_domain: str | None = _setting(_text(rules.host_name), default=None)  # at Civo; gets a record for host

    state_bucket: str | None = _setting(_text(rules.bucket_name), default=None)  # else state is local
    state_region: str = _setting(_text(rules.aws_region), default="eu-central-1")


def read_settings(context: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Raises ConfigurationError, which names every unknown, missing and unusable setting."""
    known = {item.name: item for item in fields(Settings)}
    problems = _unknown(context, environment, list(known))
    values: dict[str, Any] = {}
    refused: set[str] = set()
    for name, item in known.items():
        origin, value = _find(name, context, environment)
        if value is None:
            continue
        try:
            values[name] = item.metadata["parse"](value)
        except ValueError as error:
            refused.add(name)
            problems.append(f"{origin}: {error}")
    if "bucket" not in values.keys() | refused:
        problems.append(
            "bucket is not set: choose a name that nobody in AWS has yet, and write it to "
            "context.bucketops.bucket in cdktf.json or set BUCKETOPS_BUCKET"
        )
    if not {"host", "dns_domain"} & refused:
        problems += _contradictions(values.get("host"), values.get("dns_domain"))
    if problems:
        raise ConfigurationError(problems)
    return Settings(**values)


def _find(name: str, context: Mapping[str, object], environment: Mapping[str, str]) -> tuple[str, object | None]:
    """Where a setting comes from, as the user knows the place, and its value; "" counts as not set."""
    variable = PREFIX + name.upper()
    places = {variable: environment.get(variable), f"{name} in cdktf.json": context.get(name)}
    if name == "endpoint":
        # Terraform's provider and every AWS tool follow it: the stacks must mean the same server.
        places["AWS_ENDPOINT_URL"] = environment.get("AWS_ENDPOINT_URL")
    return next(((place, value) for place, value in places.items() if value not in (None, "")), (name, None))


def _unknown(context: Mapping[str, object], environment: Mapping[str, str], known: list[str]) -> list[str]:
    variables = sorted({PREFIX + name.upper() for name in known} | ELSEWHERE)
    ours = {name for name in environment if name.startswith(PREFIX)}
    return [
        *(f"{name} in cdktf.json: {_nearest(name, known)}" for name in sorted(context.keys() - known)),
        *(f"{name}: {_nearest(name, variables)}" for name in sorted(ours - set(variables))),
    ]


def _nearest(name: str, candidates: list[str]) -> str:
    nearest = get_close_matches(name, candidates, n=1)
    hint = f"did you mean {nearest[0]}" if nearest else f"known are {', '.join(candidates)}"
    return f"unknown setting, {hint}"


def _contradictions(host: str | None, dns_domain: str | None) -> list[str]:
    if dns_domain and not host:
        return [f"dns_domain is {dns_domain!r} but host is not set: name the host that gets a record in it"]
    # Civo has no A record for the domain itself.
    if dns_domain and host and not host.endswith(f".{dns_domain}"):
        return [f"host {host!r} is not below dns_domain {dns_domain!r}, expected for example 'shop.{dns_domain}'"]
    return []
