"""Networks, their firewalls and the rules of those."""

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
    refuse_duplicate,
    route,
)

EVERYTHING = {"start_port": "1", "end_port": "65535", "cidr": ["0.0.0.0/0"], "action": "allow", "label": "All"}


@route("GET", "networks")
def list_networks(account: Account, request: Request) -> list[Json]:
    return in_region(account.networks, request.region)


@route("POST", "networks")
def create_network(account: Account, request: Request) -> Json:
    body, id = request.body, new_id()
    refuse_duplicate(list_networks(account, request), "label", body["label"], "database_network_duplicate_name")
    shown = {"label": body["label"], "name": f"cust-{body['label']}", "default": False, "status": "Active"}
    # The request says cidr_v4, the answer cidr.
    addresses = {"cidr": body.get("cidr_v4") or "192.168.1.0/24"}
    addresses["nameservers_v4"] = body.get("nameservers_v4") or ["8.8.8.8", "1.1.1.1"]
    account.networks[id] = {"id": id, "region": request.region, **shown, **addresses}
    return {"id": id, "label": body["label"], **DONE}


@route("GET", "networks/{}")
def read_network(account: Account, request: Request, id: str) -> Json:
    return known(account.networks, id, "database_network_not_found")


@route("PUT", "networks/{}")
def update_network(account: Account, request: Request, id: str) -> Json:
    network = read_network(account, request, id)
    network.update(changed(request.body, "label", "nameservers_v4"))
    return {"id": id, "label": network["label"], **DONE}


@route("DELETE", "networks/{}")
def delete_network(account: Account, request: Request, id: str) -> Json:
    if account.in_use_by("network_id", id):
        raise Refused(409, "database_network_delete_with_instance", "the network still has instances")
    # No error when it is gone: the provider asks for the deletion again at each of its polls.
    account.networks.pop(id, None)
    for firewall in [one for one in account.firewalls.values() if one["network_id"] == id]:
        del account.firewalls[firewall["id"]]
    return DONE


@route("GET", "firewalls")
def list_firewalls(account: Account, request: Request) -> list[Json]:
    return in_region(account.firewalls, request.region)


@route("POST", "firewalls")
def create_firewall(account: Account, request: Request) -> Json:
    body, id = request.body, new_id()
    refuse_duplicate(list_firewalls(account, request), "name", body["name"], "database_firewall_duplicate_name")
    read_network(account, request, body["network_id"])
    counts = dict.fromkeys(("rules_count", "instance_count", "cluster_count", "loadbalancer_count"), 0)
    named = {"id": id, "name": body["name"], "network_id": body["network_id"], "region": request.region}
    account.firewalls[id] = {**named, **counts, "rules": []}
    for rule in body.get("rules") or (_open() if body.get("create_rules") is not False else []):
        create_rule(account, Request(request.region, rule), id)
    return {"id": id, "name": body["name"], **DONE}


@route("GET", "firewalls/{}")
def read_firewall(account: Account, request: Request, id: str) -> Json:
    return known(account.firewalls, id, "database_firewall_not_found")


@route("PUT", "firewalls/{}")
def update_firewall(account: Account, request: Request, id: str) -> Json:
    read_firewall(account, request, id).update(changed(request.body, "name"))
    return DONE


@route("DELETE", "firewalls/{}")
def delete_firewall(account: Account, request: Request, id: str) -> Json:
    read_firewall(account, request, id)
    if account.in_use_by("firewall_id", id):
        raise Refused(409, "database_firewall_inuse_by_cluster", "the firewall is in use by a cluster")
    del account.firewalls[id]
    return DONE


@route("GET", "firewalls/{}/rules")
def list_rules(account: Account, request: Request, firewall: str) -> list[Json]:
    rules: list[Json] = read_firewall(account, request, firewall)["rules"]
    return rules


@route("POST", "firewalls/{}/rules")
def create_rule(account: Account, request: Request, firewall: str) -> Json:
    body = request.body
    start, _, end = (body.get("ports") or body.get("start_port") or "").partition("-")
    end = end or body.get("end_port") or start
    rule = {"id": new_id(), "firewall_id": firewall, "start_port": start, "end_port": end}
    # Ports are text everywhere, and a single one is written once.
    rule["ports"] = start if start == end else f"{start}-{end}"
    rule |= {key: body.get(key) or "" for key in ("protocol", "direction", "action", "label")}
    rule["cidr"] = body["cidr"]
    list_rules(account, request, firewall).append(rule)
    return rule


@route("DELETE", "firewalls/{}/rules/{}")
def delete_rule(account: Account, request: Request, firewall: str, id: str) -> Json:
    rules = list_rules(account, request, firewall)
    rules[:] = [rule for rule in rules if rule["id"] != id]
    return DONE


def _open() -> list[Json]:
    """What the API adds to a firewall that was made without rules of its own."""
    kinds = [(protocol, direction) for direction in ("ingress", "egress") for protocol in ("tcp", "udp")]
    return [{"protocol": protocol, "direction": direction, **EVERYTHING} for protocol, direction in kinds]
