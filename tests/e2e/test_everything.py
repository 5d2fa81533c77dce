"""All four stacks, from nothing to a site that runs and back, by `cdktf deploy '*'` and `cdktf destroy '*'`.

Real: cdktf, Terraform, its four providers, the flux2 chart, the Kubernetes API and controllers, Flux's controllers.
Played: Civo's API, AWS (moto), and the kubelets (kwok): pods of the chart get ready and run nothing, so that Flux's
controllers run as processes instead. Told as one story: each test goes on where the one before ended.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from bucketops.flux_install import CHART, CHART_VERSION, REPOSITORY
from embedded_s3 import embedded_s3

from tests.e2e.needed import needed
from tests.e2e.project import Project
from tests.e2e.stacks import synthesized
from tests.real.charts import kept_chart, list_chart, running_chart_repository
from tests.real.civo.server import Civo, running_civo
from tests.real.cluster import Cluster, running_cluster
from tests.real.flux import running_controllers
from tests.real.inventory import inventory
from tests.real.terraform import Terraform
from tests.real.waiting import wait_until

BUCKET = "all-of-it"
STACKS = ("cluster", "bucket", "flux", "site")
DEPLOYMENT = "apps/v1/Deployment"
AWS = {"region_name": "eu-central-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


@dataclass
class World:
    project: Project
    cluster: Cluster
    civo: Civo
    s3_url: str
    before: set[str]  # what the cluster holds of its own
    running: ExitStack

    def write(self, value: str) -> None:
        """The site: a Deployment that is ready 3 s after its pods are, so that waiting for it shows."""
        pod = {"metadata": {"labels": {"app": "shop"}, "annotations": {"value": value, "host": "${host}"}}}
        spec = {"minReadySeconds": 3, "selector": {"matchLabels": {"app": "shop"}}}
        template = {**pod, "spec": {"containers": [{"name": "shop", "image": "shop"}]}}
        meta = {"name": "shop", "namespace": "default"}
        shop = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec | {"template": template}}
        (self.project.deploy / "shop.yaml").write_text(json.dumps(shop))

    def runs(self) -> dict[str, str] | None:
        """What the shop's pods were made with, once all of them are available; else None."""
        shop = self.cluster.kube.get(DEPLOYMENT, "shop", "default") or {"metadata": {"generation": 0}, "status": {}}
        status = {"observedGeneration": shop["metadata"]["generation"], "availableReplicas": 1, "updatedReplicas": 1}
        if not status.items() <= shop["status"].items() or shop["status"]["replicas"] > 1:
            return None
        annotations: dict[str, str] = shop["spec"]["template"]["metadata"]["annotations"]
        return annotations

    def first_deploy(self) -> str:
        """`cdktf deploy '*'`, and Flux's controllers as soon as the chart's pods that stand for them are ready."""
        process = self.project.start("deploy", "*")
        controller = ("kustomize-controller", "flux-system")

        def installed() -> bool:
            there = self.cluster.kube.get(DEPLOYMENT, *controller) or {}
            return process.poll() is not None or there.get("status", {}).get("readyReplicas") == 1

        wait_until(installed, "the chart to be installed", timeout_s=120)
        if process.poll() is None:
            self.running.enter_context(running_controllers(self.cluster))
        return self.project.finish(process)

    def aws(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.s3_url, **AWS)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    work = tmp_path_factory.mktemp("everything")
    with needed("`cdktf deploy '*'` of all four stacks in one go"):
        chart = kept_chart(CHART, CHART_VERSION, repository=REPOSITORY)
        stacks = synthesized(work / "synth", bucket=BUCKET).values()
        wanted = {name: it for stack in stacks for name, it in stack["terraform"]["required_providers"].items()}
        Terraform(work / "providers", {"terraform": {"required_providers": wanted}}, env={})
    for folder in ("charts", "bin", "cluster"):
        (work / folder).mkdir()
    shutil.copy(chart, work / "charts")
    list_chart(work / "charts", work / "charts" / chart.name)
    with ExitStack() as stack:
        cluster = stack.enter_context(running_cluster(work / "cluster"))
        s3_url = stack.enter_context(embedded_s3())
        civo = stack.enter_context(running_civo())
        civo.account.kubeconfig = cluster.kubeconfig_text
        environment = {
            **civo.env,
            "AWS_ENDPOINT_URL": s3_url,
            "AWS_ACCESS_KEY_ID": AWS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": AWS["aws_secret_access_key"],
            "BUCKETOPS_BUCKET": BUCKET,
            "BUCKETOPS_FORCE_DESTROY": "true",
            "BUCKETOPS_FLUX_REPOSITORY": stack.enter_context(running_chart_repository(work / "charts")),
        }
        project = Project(work / "project", environment, path=_without_pause(work / "bin"))
        world = World(project, cluster, civo, s3_url, inventory(cluster.kube), stack)
        world.write("1")
        yield world


def _without_pause(folder: Path) -> Path:
    """Nodes of the emulated cluster do not outlive it here; in test_civo.py they do, and the pause is waited for."""
    (sleep := folder / "sleep").write_text("#!/bin/sh\n")
    sleep.chmod(0o755)
    return folder


def done(said: str) -> set[tuple[str, str]]:
    """What cdktf has made, changed and removed, by its path in the stack."""
    return set(re.findall(r"\((\S+)\): (Creation|Modifications|Destruction) complete", said))


def test_one_deploy_brings_up_everything_and_returns_when_the_site_runs(world: World):
    world.first_deploy()
    assert world.runs() == {"value": "1", "host": "203-0-113-10.sslip.io"}
    assert world.project.outputs("site") == {"url": "http://203-0-113-10.sslip.io"}


def test_a_second_deploy_would_change_nothing(world: World):
    assert world.project.plans() == dict.fromkeys(STACKS, "no changes")


def test_a_changed_manifest_runs_when_terraform_is_done_with_it_and_nothing_else_is_touched(world: World):
    world.write("2")
    process = world.project.start("deploy", "*")
    last = "(shop/kustomization): Modifications complete"
    wait_until(lambda: last in world.project.said() or process.poll() is not None, "the deploy", timeout_s=180)
    # At once: cdktf takes its time to end, in which Flux would catch up with a deploy that did not wait for it.
    assert world.runs() == {"value": "2", "host": "203-0-113-10.sslip.io"}, world.project.said()
    said = world.project.finish(process)
    assert said.count("No changes.") == 3
    assert done(said) == {
        ("shop/publication/hook", "Destruction"),
        ("shop/publication/hook", "Creation"),
        ("source/bucket", "Modifications"),
        ("shop/kustomization", "Modifications"),
    }


def test_destroy_leaves_nothing_but_the_definitions_of_flux(world: World):
    world.project.run("destroy", "*", "--parallelism", "1")
    account = world.civo.account
    assert (account.clusters, account.firewalls, account.networks, account.ips) == ({}, {}, {}, {})
    assert world.aws("s3").list_buckets()["Buckets"] == []
    assert world.aws("iam").list_users()["Users"] == []
    assert {stack: world.project.resources(stack) for stack in STACKS} == {stack: [] for stack in STACKS}

    def left() -> set[str]:
        return {kind.split()[0] for kind in inventory(world.cluster.kube) - world.before}

    wait_until(lambda: left() == {"CustomResourceDefinition"}, "the garbage collector")
