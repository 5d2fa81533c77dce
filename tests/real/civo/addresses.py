"""Reserved addresses, DNS and load balancers: what an entrance to the cluster needs."""

from tests.real.civo.account import (
    DONE,
    Account,
    Json,
    Request,
    changed,
    in_region,
    known,
    new_id,
    page,
    refuse_duplicate,
    route,
)

NOW = "2026-01-01T00:00:00Z"


@route("GET", "ips")
def list_ips(account: Account, request: Request) -> Json:
    return page(in_region(account.ips, request.region))


@route("POST", "ips")
def create_ip(account: Account, request: Request) -> Json:
    id, address = new_id(), f"203.0.113.{10 + len(account.ips)}"
    # Not assigned: the API sends empty texts, not null.
    assigned = {"id": "", "type": "", "name": ""}
    named = {"name": request.body.get("name") or address, "ip": address, "region": request.region}
    ip: Json = {"id": id, **named, "assigned_to": assigned}
    account.ips[id] = ip
    return ip


@route("GET", "ips/{}")
def read_ip(account: Account, request: Request, id: str) -> Json:
    return known(account.ips, id, "database_ip_not_found")


@route("PUT", "ips/{}")
def update_ip(account: Account, request: Request, id: str) -> Json:
    ip = read_ip(account, request, id)
    ip.update(changed(request.body, "name"))
    return ip


@route("DELETE", "ips/{}")
def delete_ip(account: Account, request: Request, id: str) -> Json:
    read_ip(account, request, id)
    del account.ips[id]
    return DONE


@route("GET", "loadbalancers")
def list_load_balancers(account: Account, request: Request) -> list[Json]:
    return in_region(account.load_balancers, request.region)


@route("GET", "dns")
def list_domains(account: Account, request: Request) -> list[Json]:
    return list(account.domains.values())


@route("POST", "dns")
def create_domain(account: Account, request: Request) -> Json:
    refuse_duplicate(list_domains(account, request), "name", request.body["name"], "database_dns_domain_duplicate_name")
    id = new_id()
    account.domains[id] = {"id": id, "account_id": "account", "name": request.body["name"]}
    return account.domains[id] | DONE


@route("PUT", "dns/{}")
def update_domain(account: Account, request: Request, id: str) -> Json:
    domain = known(account.domains, id, "database_dns_domain_not_found")
    domain.update(changed(request.body, "name"))
    return domain | DONE


@route("DELETE", "dns/{}")
def delete_domain(account: Account, request: Request, id: str) -> Json:
    known(account.domains, id, "database_dns_domain_not_found")
    del account.domains[id]
    return DONE


@route("GET", "dns/{}/records")
def list_records(account: Account, request: Request, domain: str) -> list[Json]:
    known(account.domains, domain, "database_dns_domain_not_found")
    return [record for record in account.records.values() if record["domain_id"] == domain]


@route("POST", "dns/{}/records")
def create_record(account: Account, request: Request, domain: str) -> Json:
    known(account.domains, domain, "database_dns_domain_not_found")
    id = new_id()
    owned = {"id": id, "account_id": "account", "domain_id": domain, "created_at": NOW, "updated_at": NOW}
    account.records[id] = owned | dict(changed(request.body, "type", "name", "value", "priority", "ttl"))
    return account.records[id]


@route("PUT", "dns/{}/records/{}")
def update_record(account: Account, request: Request, domain: str, id: str) -> Json:
    record = known(account.records, id, "database_dns_record_not_found")
    record.update(changed(request.body, "type", "name", "value", "priority", "ttl"))
    return record


@route("DELETE", "dns/{}/records/{}")
def delete_record(account: Account, request: Request, domain: str, id: str) -> Json:
    known(account.records, id, "database_dns_record_not_found")
    del account.records[id]
    return DONE
