"""The `site` stack as cdktf writes it, applied to the real API as Terraform's kubernetes provider would.

The provider itself is not run here, as it is in test_half_way.py, where it can be had. What it does with this JSON is
played: the order of `depends_on`, server-side apply, the hook, `wait.fields`, and deletes that return when the object
is gone.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from strip_finalizers import strip

from tests.e2e.live_site import BUCKET, KUSTOMIZATION
from tests.e2e.player import Player, WaitFailed
from tests.e2e.site_stack import CONFIG_MAP, NAMES, NAMESPACE, SiteStack
from tests.real.flux import Flux
from tests.real.s3 import S3Server
from tests.real.waiting import wait_until


class PlayedSite(SiteStack):
    def player(self) -> Player:
        return Player(self.synthesized()["site"], self.kube, self.values)

    def deploy(self) -> Player:
        player = self.player()
        player.apply()
        return player


@pytest.fixture
def stack(flux: Flux, s3_server: S3Server, tmp_path: Path) -> Iterator[PlayedSite]:
    stack = PlayedSite(flux, s3_server, tmp_path)
    yield stack
    stack.player().destroy()


def test_the_first_deploy_returns_when_the_site_runs_with_the_values_of_the_other_stacks(stack: PlayedSite):
    stack.deploy()
    assert stack.runs() == {"value": "1", "host": "203-0-113-10.sslip.io"}


def test_a_changed_release_runs_when_the_deploy_returns(stack: PlayedSite):
    stack.deploy()
    for value in ("2", "3", "4", "5"):
        stack.write(value)
        stack.deploy()
        assert stack.runs() == {"value": value, "host": "203-0-113-10.sslip.io"}


@pytest.mark.parametrize("kind", [BUCKET, KUSTOMIZATION])
def test_the_fields_that_terraform_waits_for_are_the_ones_flux_writes(stack: PlayedSite, kind: str):
    player = stack.deploy()
    status = stack.kube.get(kind, NAMES[kind], NAMESPACE)["status"]  # type: ignore[index]
    assert status["conditions"][0]["type"] == "Ready"
    assert player.fields(kind) == {
        "status.lastHandledReconcileAt": player.release,
        "status.conditions[0].type": "Ready",
        "status.conditions[0].status": "True",
    }
    assert player.unmet(kind) == {}


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param({"more": "---\napiVersion: v1\nkind: Nonsense\nmetadata: {name: x}\n"}, id="cannot be applied"),
        pytest.param({"host": "${undefined_variable}"}, id="names a value that is not set"),
    ],
)
def test_a_release_that_fails_does_not_pass_for_deployed_and_the_next_good_one_heals(stack: PlayedSite, harm):
    stack.deploy()
    stack.write("bad", **harm)
    with pytest.raises(WaitFailed, match=r"kustomization.*status\.conditions"):
        stack.deploy()
    assert stack.runs() == {"value": "1", "host": "203-0-113-10.sslip.io"}
    stack.write("good")
    stack.deploy()
    assert stack.runs() == {"value": "good", "host": "203-0-113-10.sslip.io"}


def test_a_setting_that_changes_is_applied_without_a_publish(stack: PlayedSite):
    player = stack.deploy()
    settings = player.resource("kubernetes_config_map_v1")
    settings["data"]["host"] = "shop.example.com"
    player.apply()
    wait_until(lambda: stack.runs() == {"value": "1", "host": "shop.example.com"}, "the new value")


def test_destroy_removes_the_workloads_first_and_leaves_nothing(stack: PlayedSite):
    player = stack.deploy()
    gone: list[str] = []
    player.destroy(after=lambda kind: gone.append(f"{kind}, shop runs: {stack.runs() is not None}"))
    assert gone[:2] == [f"{KUSTOMIZATION}, shop runs: False", f"{BUCKET}, shop runs: False"]
    assert len(gone) == 4
    assert stack.left() == []


def test_with_flux_dead_the_objects_hang_and_stripping_finalizers_lets_them_go(stack: PlayedSite, flux: Flux):
    stack.deploy()
    with stopped(flux):
        for kind in (KUSTOMIZATION, BUCKET):
            stack.kube.delete(kind, NAMES[kind], NAMESPACE)
        assert {KUSTOMIZATION, BUCKET} <= set(stack.left())
        done = strip(flux.cluster.kubeconfig)
        assert {f"Bucket {NAMESPACE}/aws-bucket", f"Kustomization {NAMESPACE}/demo-kustomization"} <= set(done)
        assert not {KUSTOMIZATION, BUCKET} & set(stack.left())
    assert stack.runs() is not None, "what Flux applied runs on"
    stack.kube.delete(CONFIG_MAP, "site-stack-shop", "default")


@contextmanager
def stopped(flux: Flux) -> Iterator[None]:
    """The controllers do nothing, as if their pods were gone."""
    for process in flux.processes.values():
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in flux.processes.values():
            os.kill(process.pid, signal.SIGCONT)
