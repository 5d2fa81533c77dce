"""What a Civo account holds, in the shapes in which the API shows it, and how routes get at it."""

import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

Json = dict[str, Any]
DONE: Json = {"result": "success"}


class Refused(Exception):
    """An answer with an error status. The provider decides by `code`, and panics unless both are strings."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(f"{status} {code}: {reason}")
        self.status, self.code, self.reason = status, code, reason


@dataclass
class Account:
    """Everything may be set and read by tests; each collection maps an id to an object."""

    kubeconfig: str = ""  # handed out by every cluster that is ACTIVE
    build_polls: int = 1  # how often a new cluster is still BUILDING when asked
    linger_s: float = 0  # how long the nodes of a deleted cluster hold its firewalls (reported: about 25)
    networks: dict[str, Json] = field(default_factory=dict)
    firewalls: dict[str, Json] = field(default_factory=dict)
    clusters: dict[str, Json] = field(default_factory=dict)
    ips: dict[str, Json] = field(default_factory=dict)
    domains: dict[str, Json] = field(default_factory=dict)
    records: dict[str, Json] = field(default_factory=dict)
    load_balancers: dict[str, Json] = field(default_factory=dict)  # made by a cluster's cloud controller
    lingering: list[tuple[float, Json]] = field(default_factory=list)  # monotonic end, deleted cluster

    def in_use_by(self, key: str, id: str) -> list[Json]:
        """Clusters, deleted ones that linger and load balancers whose `key` (firewall_id, network_id) is `id`."""
        self.lingering = [(until, one) for until, one in self.lingering if until > time.monotonic()]
        holders = [*self.clusters.values(), *self.load_balancers.values(), *(one for _, one in self.lingering)]
        return [one for one in holders if one.get(key) == id]


@dataclass(frozen=True)
class Request:
    region: str
    body: Json


Handler = Callable[..., Any]  # (account, request, *ids in the path) -> what is sent as JSON
H = TypeVar("H", bound=Handler)
_routes: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, path: str) -> Callable[[H], H]:
    """`networks/{}` answers /v2/networks/ID and /v2/vpc/networks/ID, which are the same to the real API."""
    pattern = re.compile(r"/v2/(?:vpc/)?" + path.replace("{}", "([^/]+)") + "/?")

    def add(handler: H) -> H:
        _routes.append((method, pattern, handler))
        return handler

    return add


def handler_of(method: str, path: str) -> tuple[Handler, tuple[str, ...]]:
    for known_method, pattern, handler in _routes:
        if known_method == method and (found := pattern.fullmatch(path)):
            return handler, found.groups()
    # 501 rather than a not-found code, which would end a wait loop of the provider as if all were well.
    raise Refused(501, "not_emulated", f"the emulator does not know {method} {path}")


def new_id() -> str:
    return str(uuid.uuid4())


def known(collection: dict[str, Json], id: str, code: str) -> Json:
    """The object, or the not-found answer whose code ends the provider's wait loops."""
    if id not in collection:
        raise Refused(404, code, f"{id} not found")
    return collection[id]


def in_region(collection: dict[str, Json], region: str) -> list[Json]:
    return [one for one in collection.values() if one["region"] == region]


def refuse_duplicate(objects: list[Json], key: str, value: str, code: str) -> None:
    if any(one[key] == value for one in objects):
        raise Refused(409, code, f"{value} exists already")


def changed(body: Json, *keys: str) -> Iterator[tuple[str, Any]]:
    """The keys that an update names; null and missing both mean unchanged."""
    return ((key, body[key]) for key in keys if body.get(key) is not None)


def page(items: list[Json]) -> Json:
    return {"page": 1, "per_page": max(len(items), 1), "pages": 1, "items": items}
