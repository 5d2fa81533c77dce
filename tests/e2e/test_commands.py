"""What the publisher's commands say and do when they wait for a real Flux: success, and each way to fail."""

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.e2e.site import (
    KUSTOMIZATION_KIND,
    NAMESPACE,
    SOURCE_KIND,
    Site,
    config_map,
    deployment,
    running_site,
    secret,
)
from tests.real.cluster import Cluster
from tests.real.flux import Flux
from tests.real.s3 import S3Server
from tests.real.waiting import wait_until

_numbers = itertools.count(1)


@pytest.fixture
def site(cluster: Cluster, flux: Flux, s3_server: S3Server, tmp_path: Path) -> Iterator[Site]:
    """A site with one healthy release applied."""
    with running_site(f"commands-{next(_numbers)}", cluster, s3_server, tmp_path) as started:
        started.write(config_map("1"))
        answer = started.upload("publish", "--wait")
        assert answer.code == 0, answer.err
        yield started


def test_publish_wait_returns_when_the_cluster_runs_it(site: Site) -> None:
    site.write(config_map("2"), deployment())
    answer = site.upload("publish", "--wait", "--json")
    assert (answer.code, site.value(), answer.facts["applied"]) == (0, "2", True), answer.err
    for kind, revision in ((SOURCE_KIND, "artifact"), (KUSTOMIZATION_KIND, "lastAppliedRevision")):
        status = site.cluster.kube.get(kind, site.name, NAMESPACE)["status"]  # type: ignore[index]
        found = status[revision]["revision"] if revision == "artifact" else status[revision]
        assert found == answer.facts["revision"]


def test_status_is_in_sync_after_that_and_not_before(site: Site) -> None:
    assert (site.upload("status").code, site.upload("status", "--json").facts["in_sync"]) == (0, True)
    site.write(config_map("2"))
    site.upload("publish")  # Flux is not asked, and polls in ten minutes
    behind = site.upload("status")
    assert behind.code == 3
    assert "not in sync" in behind.out
    assert site.upload("wait").code == 0
    assert (site.upload("status").code, site.value()) == (0, "2")


def test_a_deployment_that_never_gets_ready_is_named_with_the_reason(site: Site) -> None:
    site.write(config_map("2"), deployment(schedulable=False))
    answer = site.upload("publish", "--wait")
    assert answer.code == 6
    assert "Flux rejected sha256:" in answer.err and "HealthCheckFailed" in answer.err
    assert f"Deployment/{site.name}/shop: Unschedulable: 0/2 nodes are available" in answer.err


def test_health_checks_that_flux_begins_anew_are_no_verdict(site: Site) -> None:
    kube = site.cluster.kube
    watched = {"name": "values", "namespace": NAMESPACE, "labels": {"reconcile.fluxcd.io/watch": "Enabled"}}
    kube.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": watched})
    site.change(KUSTOMIZATION_KIND, {"postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "values"}]}})
    late = deployment()
    late["spec"]["progressDeadlineSeconds"] = 600
    late["spec"]["template"]["spec"]["nodeSelector"] = {"late": site.name}
    site.write(config_map("2"), late)
    touches = itertools.count()

    def canceled() -> bool:
        kube.patch("v1/ConfigMap", "values", NAMESPACE, change={"data": {"touched": str(next(touches))}})
        found = kube.list("v1/Event", NAMESPACE)
        mine = [one for one in found if one["involvedObject"]["name"] == site.name]
        return sum(one.get("count", 1) for one in mine if one["reason"] == "HealthCheckCanceled") > 5

    with site.popen("publish", "--wait") as process:
        assert process.stderr
        while "health check" not in process.stderr.readline().lower():
            pass
        wait_until(canceled, "health checks that are canceled")
        node = kube.list("v1/Node")[0]["metadata"]["name"]
        kube.patch("v1/Node", node, change={"metadata": {"labels": {"late": site.name}}})
        said = process.stderr.read()
    kube.patch("v1/Node", node, change={"metadata": {"labels": {"late": None}}})
    kube.delete("v1/ConfigMap", "values", NAMESPACE)
    assert (process.returncode, site.value()) == (0, "2"), said


def test_rollback_on_failure_leaves_the_old_release_applied_and_history_says_why(site: Site) -> None:
    site.write(config_map("2"), deployment(schedulable=False))
    answer = site.upload("publish", "--wait", "--rollback-on-failure")
    assert answer.code == 6
    assert "is live and applied again" in answer.err.splitlines()[-1]
    assert (site.upload("status").code, site.value()) == (0, "1")
    newest, bad, first = site.upload("history", "--json").facts
    assert (newest["action"], newest["release"], newest["live"]) == ("rollback", first["release"], True)
    assert newest["previous"] == bad["release"]
    assert "HealthCheckFailed" in newest["message"]


def test_an_object_that_the_api_refuses_is_rejected_with_its_words(site: Site) -> None:
    bad = config_map("2")
    bad["metadata"]["name"] = "Bad_Name"
    site.write(bad)
    answer = site.upload("publish", "--wait")
    assert answer.code == 6
    assert "ReconciliationFailed" in answer.err and 'ConfigMap "Bad_Name" is invalid' in answer.err
    assert site.value() == "1"


def test_the_next_good_release_heals(site: Site) -> None:
    site.write(config_map("2"), deployment(schedulable=False))
    assert site.upload("publish", "--wait").code == 6
    site.write(config_map("3"))
    assert (site.upload("publish", "--wait").code, site.value()) == (0, "3")


def test_a_key_that_may_not_read_is_told_with_fluxs_words(site: Site, s3_server: S3Server) -> None:
    site.cluster.kube.apply(secret(site.name, s3_server.access_key, "wrong"))
    site.write(config_map("2"))
    answer = site.upload("publish", "--wait")
    assert answer.code == 6
    assert "Flux rejected" in answer.err and ("BucketOperationFailed" in answer.err or "Signature" in answer.err)
    assert "wrong" not in answer.err


@pytest.mark.parametrize("kind", [SOURCE_KIND, KUSTOMIZATION_KIND], ids=["Bucket", "Kustomization"])
def test_a_suspended_object_is_told_at_once(site: Site, kind: str) -> None:
    site.change(kind, {"suspend": True})
    site.write(config_map("2"))
    answer = site.upload("publish", "--wait")
    assert answer.code == 6
    assert f"{site.name} is suspended: resume it with `flux resume`" in answer.err
    assert site.upload("status").code == 3


def test_rollback_wait_brings_the_old_release_back(site: Site) -> None:
    site.write(config_map("2"))
    assert site.upload("publish", "--wait").code == 0
    answer = site.upload("rollback", "--wait")
    assert (answer.code, site.value()) == (0, "1")
    assert "`python -m upload` goes forward again" in answer.err
    assert "rolled back to by" in site.upload("status").out


def test_the_night_call(site: Site) -> None:
    good = site.upload("history", "--json").facts[0]["release"]
    site.write(config_map("2"), deployment(schedulable=False))
    assert site.upload("publish", "--wait", "-m", "bigger nodes").code == 6
    status = site.upload("status")
    assert status.code == 3
    assert "bigger nodes" in status.out and "health check failed" in status.out
    changed = site.upload("diff", good)
    assert changed.code == 1
    assert f"~ ConfigMap {site.name}/shop" in changed.out and f"+ apps/Deployment {site.name}/shop" in changed.out
    assert site.upload("diff", "--directory", str(site.tree)).code == 0
    assert site.upload("rollback", "--wait", "-m", "nodes are too small").code == 0
    assert (site.upload("status").code, site.value()) == (0, "1")
    assert [one["message"] for one in site.upload("history", "--json").facts] == [
        "nodes are too small",
        "bigger nodes",
        None,
    ]


def test_promote_wait_returns_when_the_cluster_of_the_other_environment_runs_it(site: Site) -> None:
    site.write(config_map("2"))
    assert site.upload("publish").code == 0
    site.change(SOURCE_KIND, {"prefix": "production/live/"})
    site.change(KUSTOMIZATION_KIND, {"path": "./production/live"})
    answer = site.upload("promote", "", "production/", "--wait", "--json")
    assert (answer.code, site.value()) == (0, "2"), answer.err
    assert site.upload("status", "--prefix", "production").code == 0


def test_a_rendered_release_is_applied_like_any_other(site: Site) -> None:
    site.write(config_map("2"), deployment())
    answer = site.upload("publish", "--wait", "--render", "--json")
    assert (answer.code, answer.facts["written"], site.value()) == (0, 1, "2"), answer.err
    site.write(config_map("3"))
    assert (site.upload("publish", "--wait").code, site.value()) == (0, "3")
    assert (site.upload("rollback", "--wait").code, site.value()) == (0, "2")


def test_an_unreachable_cluster_is_told_before_anything_is_published(site: Site, tmp_path: Path) -> None:
    site.write(config_map("2"))
    missing = site.upload("publish", "--wait", KUBECONFIG=str(tmp_path / "nowhere"))
    assert missing.code == 7
    assert missing.err.startswith("error: no cluster to ask: ")
    with forwarded(site.cluster, tmp_path) as (kubeconfig, close):
        close()
        gone = site.upload("publish", "--wait", KUBECONFIG=str(kubeconfig))
    assert gone.code == 7
    assert gone.err.splitlines()[-1].startswith("error: cannot reach the cluster https://127.0.0.1:")
    assert len(site.upload("history", "--json").facts) == 1


def test_a_cluster_that_goes_away_meanwhile_is_told_and_the_release_stays_live(site: Site, tmp_path: Path) -> None:
    site.change(KUSTOMIZATION_KIND, {"suspend": False, "timeout": "10m"})
    slow = deployment(schedulable=False)
    del slow["spec"]["progressDeadlineSeconds"]
    site.write(config_map("2"), slow)
    with forwarded(site.cluster, tmp_path) as (kubeconfig, close):
        with site.popen("publish", "--wait", KUBECONFIG=str(kubeconfig)) as process:
            assert process.stderr
            said = [process.stderr.readline()]
            while "health check" not in said[-1].lower() and said[-1]:
                said.append(process.stderr.readline())
            close()
            said += process.stderr.readlines()
        assert process.returncode == 7, said
    assert said[-1].startswith("error: cannot reach the cluster")
    assert site.upload("status").code == 3
    site.write(config_map("3"))
    assert (site.upload("publish", "--wait").code, site.value()) == (0, "3")


def test_ctrl_c_while_waiting_leaves_the_release_live_and_says_so(site: Site) -> None:
    slow = deployment(schedulable=False)
    del slow["spec"]["progressDeadlineSeconds"]
    site.write(config_map("2"), slow)
    with site.popen("publish", "--wait") as process:
        assert process.stderr
        while "health check" not in process.stderr.readline().lower():
            pass
        process.send_signal(2)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "is live, Flux goes on without us: see `status`" in rest


def test_doctor_finds_nothing_to_mend(site: Site) -> None:
    answer = site.upload("doctor")
    assert answer.code == 0, answer.out
    assert "ok    reader         the key of the Secret reads live/" in answer.out
    assert "fail" not in answer.out


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"prefix": "other/"}, "the Bucket reads 'other/' of", id="another prefix"),
        pytest.param({"suspend": True}, "is suspended: resume it", id="suspended"),
        pytest.param({"path": "./"}, "an empty bucket removes everything", id="prune of the root"),
    ],
)
def test_doctor_names_what_keeps_flux_from_reading_it(site: Site, change: dict[str, object], says: str) -> None:
    site.change(KUSTOMIZATION_KIND if "path" in change else SOURCE_KIND, change)
    assert says in site.upload("doctor").out


def test_doctor_tries_the_readers_key_as_flux_uses_it(site: Site, s3_server: S3Server) -> None:
    assert "warn  reader limits  the key of the Secret reads history/ too" in site.upload("doctor").out
    site.cluster.kube.apply(secret(site.name, s3_server.access_key, "not-the-key"))
    answer = site.upload("doctor")
    assert answer.code == 7
    assert "fail  reader       with the key of the Secret: the AWS secret key is wrong" in answer.out
    assert "not-the-key" not in answer.out + answer.err


@contextmanager
def forwarded(cluster: Cluster, folder: Path) -> Iterator[tuple[Path, "threading.Event | object"]]:
    """A kubeconfig that leads to the cluster by way of us, and a function that cuts the way."""
    host, port = cluster.kube.server.removeprefix("https://").split(":")
    server = socket.create_server(("127.0.0.1", 0))
    open_sockets: list[socket.socket] = [server]

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.create_connection((host, int(port)))
                open_sockets.extend((near, far))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    def close() -> None:
        for one in open_sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    threading.Thread(target=accept, daemon=True).start()
    kubeconfig = folder / "forwarded.yaml"
    near_port = server.getsockname()[1]
    kubeconfig.write_text(cluster.kubeconfig_text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{near_port}"))
    try:
        yield kubeconfig, close
    finally:
        close()
