"""What Civo offers: regions, sizes, Kubernetes versions, applications (facts: civo.md section 12)."""

from tests.real.civo.account import Account, Json, Request, route

FEATURES = ("iaas", "kubernetes", "object_store", "loadbalancer", "dbaas", "volume", "public_ip_node_pools")


def _region(code: str, country: str, *, default: bool = False) -> Json:
    named = {"code": code, "name": code, "type": "civostack", "country": country.lower(), "country_name": country}
    features = {**dict.fromkeys(FEATURES, True), "gpu": False, "paas": False}
    return {**named, "default": default, "out_of_capacity": False, "features": features}


def _size(name: str, cores: int, ram_mb: int, disk_gb: int) -> Json:
    shown = {"name": name, "nice_name": name, "description": name, "type": "Kubernetes", "selectable": True}
    return {**shown, "cpu_cores": cores, "ram_mb": ram_mb, "disk_gb": disk_gb, "gpu_count": 0, "gpu_type": ""}


def _version(version: str, kind: str, *, default: bool = False) -> Json:
    return {"label": version, "version": version, "type": kind, "default": default, "clusterType": "k3s"}


def _application(name: str, *, default: bool = False) -> Json:
    texts = dict.fromkeys(("description", "maintainer", "post_install", "url"), "")
    return {**texts, "name": name, "title": name, "version": "1", "default": default, "category": "", "plans": []}


# An account's own default is not the region anybody asks for: forgetting `region` must show.
REGIONS = [_region("NYC1", "USA", default=True), _region("FRA1", "Germany"), _region("LON1", "UK")]
SIZES = [
    _size("g4s.kube.xsmall", 1, 1024, 30),
    _size("g4s.kube.small", 1, 2048, 40),
    _size("g4s.kube.medium", 2, 4096, 50),
    _size("g4s.kube.large", 4, 8192, 60),
]
VERSIONS = [
    _version("1.36.0-k3s1", "development"),
    _version("1.35.0-k3s1", "stable", default=True),
    _version("1.34.2-k3s1", "deprecated"),
]
APPLICATIONS = [_application("traefik2-nodeport", default=True), _application("metrics-server")]


@route("GET", "regions")
def list_regions(account: Account, request: Request) -> list[Json]:
    return REGIONS


@route("GET", "sizes")
def list_sizes(account: Account, request: Request) -> list[Json]:
    return SIZES


@route("GET", "kubernetes/versions")
def list_versions(account: Account, request: Request) -> list[Json]:
    return VERSIONS


@route("GET", "kubernetes/applications")
def list_applications(account: Account, request: Request) -> list[Json]:
    return APPLICATIONS
