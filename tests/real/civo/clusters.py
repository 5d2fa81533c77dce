"""Kubernetes clusters and their pools: BUILDING until asked often enough, ACTIVE, DELETING once, gone."""

import time

from tests.real.civo.account import (
    DONE,
    Account,
    Json,
    Refused,
    Request,
    changed,
    in_region,
    known,
    new_id,
    page,
    refuse_duplicate,
    route,
)
from tests.real.civo.catalogue import APPLICATIONS, SIZES, VERSIONS
from tests.real.civo.networks import read_firewall, read_network

ADDRESS = "203.0.113.1"  # of the API server, in the range reserved for documentation


@route("GET", "kubernetes/clusters")
def list_clusters(account: Account, request: Request) -> Json:
    return page(in_region(account.clusters, request.region))


@route("POST", "kubernetes/clusters")
def create_cluster(account: Account, request: Request) -> Json:
    body, id = request.body, new_id()
    others = in_region(account.clusters, request.region)
    refuse_duplicate(others, "name", body["name"], "database_kubernetes_cluster_duplicate")
    read_network(account, request, body["network_id"])
    # The request says instance_firewall, the answer firewall_id.
    firewall = read_firewall(account, request, body["instance_firewall"])
    if firewall["network_id"] != body["network_id"]:
        raise Refused(400, "database_firewall_not_found", "the firewall belongs to another network")
    _check_against_catalogue(body)
    chosen: Json = {
        key: body[key] for key in ("name", "network_id", "kubernetes_version", "cluster_type") if key in body
    }
    chosen |= {"firewall_id": firewall["id"], "cni_plugin": body.get("cni_plugin") or "flannel"}
    state = {"status": "BUILDING", "ready": False, "created_at": "2026-01-01T00:00:00Z", "tags": _tags(body)}
    lists: Json = {"pools": [], "required_pools": [], "installed_applications": [], "conditions": []}
    account.clusters[id] = {"id": id, "region": request.region, "polls": 0, **chosen, **state, **lists}
    for pool in body["pools"]:
        create_pool(account, Request(request.region, pool), id)
    return account.clusters[id]


@route("GET", "kubernetes/clusters/{}")
def read_cluster(account: Account, request: Request, id: str) -> Json:
    """Each call is a poll and moves the cluster on."""
    cluster = _cluster(account, id)
    if cluster["status"] == "DELETING":
        del account.clusters[id]  # shown this once more
    elif cluster["status"] == "BUILDING":
        cluster["polls"] += 1
        if cluster["polls"] > account.build_polls:
            where = {"api_endpoint": f"https://{ADDRESS}:6443", "master_ip": ADDRESS, "dns_entry": f"{id}.k8s.civo.com"}
            cluster |= {"status": "ACTIVE", "ready": True, "kubeconfig": account.kubeconfig, **where}
    return cluster


@route("PUT", "kubernetes/clusters/{}")
def update_cluster(account: Account, request: Request, id: str) -> Json:
    cluster = _cluster(account, id)
    cluster.update(changed(request.body, "name", "kubernetes_version", "firewall_id"))
    if "tags" in request.body:
        cluster["tags"] = _tags(request.body)
    return cluster


@route("DELETE", "kubernetes/clusters/{}")
def delete_cluster(account: Account, request: Request, id: str) -> Json:
    cluster = _cluster(account, id)
    cluster["status"] = "DELETING"
    # The nodes stop later than the API says (reported: 23 s), its load balancers with them (seen once).
    until = time.monotonic() + account.linger_s
    balancers = [one for one in account.load_balancers.values() if one["cluster_id"] == id]
    account.lingering += [(until, holder) for holder in (cluster, *balancers)]
    for balancer in balancers:
        del account.load_balancers[balancer["id"]]
    return DONE


@route("POST", "kubernetes/clusters/{}/pools")
def create_pool(account: Account, request: Request, cluster: str) -> Json:
    body, owner = request.body, _cluster(account, cluster)
    pool = {"id": body.get("id") or new_id(), "size": body["size"], "count": body["count"]}
    pool |= {"labels": body.get("labels") or {}, "taints": body.get("taints") or []}
    # The same object twice: both lists always agree.
    owner["pools"].append(pool)
    owner["required_pools"].append(pool)
    _place(owner)
    return DONE


@route("GET", "kubernetes/clusters/{}/pools/{}")
def read_pool(account: Account, request: Request, cluster: str, id: str) -> Json:
    pools = {pool["id"]: pool for pool in _cluster(account, cluster)["pools"]}
    return known(pools, id, "database_cluster_pool_not_found")


@route("PUT", "kubernetes/clusters/{}/pools/{}")
def update_pool(account: Account, request: Request, cluster: str, id: str) -> Json:
    pool = read_pool(account, request, cluster, id)
    pool.update(changed(request.body, "count", "labels", "taints"))
    _place(account.clusters[cluster])
    return pool


@route("DELETE", "kubernetes/clusters/{}/pools/{}")
def delete_pool(account: Account, request: Request, cluster: str, id: str) -> Json:
    pool = read_pool(account, request, cluster, id)
    for pools in ("pools", "required_pools"):
        account.clusters[cluster][pools].remove(pool)
    return DONE


def _cluster(account: Account, id: str) -> Json:
    return known(account.clusters, id, "database_kubernetes_cluster_not_found")


def _place(cluster: Json) -> None:
    """Give every pool as many instances as it counts."""
    for pool in cluster["pools"]:
        names = [f"{cluster['name']}-{pool['id'][:8]}-{number}" for number in range(pool["count"])]
        pool["instance_names"] = names
        pool["instances"] = [{"id": name, "hostname": name, "status": "ACTIVE"} for name in names]
    pools = cluster["pools"]
    cluster["num_target_nodes"] = sum(pool["count"] for pool in pools)
    cluster["target_nodes_size"] = pools[0]["size"]


def _check_against_catalogue(body: Json) -> None:
    asked = body.get("kubernetes_version")
    if asked and asked not in {one["version"] for one in VERSIONS}:
        raise Refused(400, "database_kubernetes_cluster_invalid_version", f"no version {asked}")
    for application in filter(None, (body.get("applications") or "").split(",")):
        if application.removeprefix("-") not in {one["name"] for one in APPLICATIONS}:
            raise Refused(404, "database_kubernetes_application_not_found", f"no application {application}")
    for pool in body["pools"]:
        if pool["size"] not in {one["name"] for one in SIZES}:
            raise Refused(404, "database_size_not_found", f"no size {pool['size']}")


def _tags(body: Json) -> list[str]:
    return (body.get("tags") or "").split()
