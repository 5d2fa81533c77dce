"""The emulated Civo API, asked as the provider asks it; tests/e2e/test_civo.py runs the real provider on it."""

import json
import urllib.error
import urllib.request

from tests.real.civo.server import Civo
from tests.real.kube import Manifest


def ask(civo: Civo, method: str, path: str, body: Manifest | None = None, *, token: str = "") -> tuple[int, Manifest]:
    headers = {"Authorization": f"bearer {token or civo.env['CIVO_TOKEN']}", "Content-Encoding": "gzip"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(civo.url + path, data, headers, method=method)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_errors_have_the_shape_the_provider_reads(civo: Civo):
    status, body = ask(civo, "GET", "/v2/networks/none?region=FRA1")
    assert (status, body["code"], body["result"]) == (404, "database_network_not_found", "failed")
    assert isinstance(body["reason"], str)
    assert ask(civo, "GET", "/v2/regions", token="wrong")[0] == 401
    status, body = ask(civo, "GET", "/v2/volumes")
    assert (status, body["code"]) == (501, "not_emulated")


def test_regions_do_not_see_each_other(civo: Civo):
    ask(civo, "POST", "/v2/vpc/networks", {"label": "here", "region": "FRA1"})
    assert len(ask(civo, "GET", "/v2/vpc/networks?region=FRA1")[1]) == 1
    assert ask(civo, "GET", "/v2/vpc/networks?region=LON1")[1] == []


def test_requests_and_faults_can_be_counted(civo: Civo):
    civo.fail(r"GET /v2/sizes", times=2)
    assert [ask(civo, "GET", "/v2/sizes")[0] for _ in range(3)] == [500, 500, 200]
    assert len(civo.asked(r"GET /v2/sizes")) == 3


def test_a_fault_may_come_before_the_request_takes_effect_or_after(civo: Civo):
    for done_first in (False, True):
        civo.fail(r"POST .*/networks$", done_first=done_first)
        status, _ = ask(civo, "POST", "/v2/vpc/networks", {"label": "net", "region": "FRA1"})
        assert (status, len(civo.account.networks)) == (500, int(done_first))


def test_a_firewall_is_refused_while_the_nodes_of_its_deleted_cluster_linger(civo: Civo):
    network = ask(civo, "POST", "/v2/vpc/networks", {"label": "net", "region": "FRA1"})[1]["id"]
    firewall = ask(civo, "POST", "/v2/vpc/firewalls", {"name": "f", "network_id": network, "region": "FRA1"})[1]["id"]
    pools = [{"id": "nodes", "count": 1, "size": "g4s.kube.medium"}]
    asked = {"name": "shop", "network_id": network, "instance_firewall": firewall, "region": "FRA1", "pools": pools}
    cluster = ask(civo, "POST", "/v2/kubernetes/clusters", asked)[1]["id"]
    civo.account.linger_s = 3600
    ask(civo, "DELETE", f"/v2/kubernetes/clusters/{cluster}?region=FRA1")
    for _ in range(2):  # shown as DELETING, then gone
        ask(civo, "GET", f"/v2/kubernetes/clusters/{cluster}?region=FRA1")
    status, body = ask(civo, "DELETE", f"/v2/vpc/firewalls/{firewall}?region=FRA1")
    assert (status, body["code"]) == (409, "database_firewall_inuse_by_cluster")
    civo.account.lingering.clear()  # the hour has passed
    assert ask(civo, "DELETE", f"/v2/vpc/firewalls/{firewall}?region=FRA1")[0] == 200
