"""Deploys of the site that fail half-way, on the real Terraform and kubernetes provider, and what mends each of them.

The stacks before it are played by their outputs; docs/operations.md names the ways out.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.live_site import BUCKET, KUSTOMIZATION
from tests.e2e.needed import needed
from tests.e2e.project import Project
from tests.e2e.site_stack import NAMES, NAMESPACE, TerraformSite
from tests.e2e.test_civo import wrapped
from tests.real.flux import Flux
from tests.real.s3 import S3Server
from tests.real.terraform import TerraformFailed
from tests.real.waiting import wait_until

NOT_IN_SYNC = 3
TIMED_OUT = wrapped("timed out waiting on field matchers")
RUNS = {"value": "good", "host": "203-0-113-10.sslip.io"}
NEVER_READY = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: never-ready, namespace: default}
spec:
  selector: {matchLabels: {app: never-ready}}
  template:
    metadata: {labels: {app: never-ready}}
    spec: {nodeSelector: {no: such-node}, containers: [{name: shop, image: shop}]}
"""


@pytest.fixture
def site(flux: Flux, s3_server: S3Server, tmp_path: Path) -> Iterator[TerraformSite]:
    with needed("the site stack on the real kubernetes provider"):
        site = TerraformSite(flux, s3_server, tmp_path)
    yield site
    site.terraform.destroy()
    # What a test that failed has left, and the state does not know.
    for kind, name in NAMES.items():
        site.kube.delete(kind, name, NAMESPACE)
    wait_until(lambda: not site.left(), "nothing to be left")


def test_a_hook_that_fails_stops_the_deploy_before_flux_is_told_and_runs_again_at_the_next(
    site: TerraformSite, s3_server: S3Server
):
    client = s3_server.client()
    pointer = {"Bucket": site.bucket, "Key": "live/kustomization.yaml"}
    client.put_object(**pointer, Body=b"resources: [mine]\n")
    with pytest.raises(TerraformFailed, match=wrapped("was not written by bucketops")):
        site.deploy(create="5s")
    assert not {BUCKET, KUSTOMIZATION} & set(site.left())

    client.delete_object(**pointer)
    client.close()
    site.write("good")
    site.deploy()
    assert site.runs() == RUNS


def test_a_first_deploy_that_does_not_see_the_site_healthy_is_made_anew_by_the_next(site: TerraformSite):
    site.write("bad", more=NEVER_READY)
    with pytest.raises(TerraformFailed, match=TIMED_OUT):
        site.deploy(create="3s")
    first = site.uid(KUSTOMIZATION)

    site.write("good")
    site.deploy()
    assert site.runs() == RUNS
    assert site.uid(KUSTOMIZATION) != first


def test_a_later_deploy_that_does_not_see_the_site_healthy_passes_when_it_is_repeated_but_status_tells(
    site: TerraformSite, flux: Flux
):
    site.deploy()
    site.write("bad", more=NEVER_READY)
    with pytest.raises(TerraformFailed, match=TIMED_OUT):
        site.deploy(update="3s")
    # The provider notes what it has written, whatever the wait came to; the publisher asks Flux.
    assert not site.terraform.plan_changes()
    environment = {**os.environ, "BUCKETOPS_BUCKET": site.bucket, "KUBECONFIG": str(flux.cluster.kubeconfig)}
    status = subprocess.run([sys.executable, "-m", "upload", "status"], env=environment, capture_output=True, text=True)
    assert status.returncode == NOT_IN_SYNC, status

    site.write("good")
    site.deploy()
    assert site.runs() == RUNS


def test_ctrl_c_while_cdktf_waits_for_the_kustomization_leaves_it_unknown_to_terraform_until_it_is_imported(
    site: TerraformSite,
):
    site.write("bad", more=NEVER_READY)
    project = Project(site.work, site.s3.env | {"BUCKETOPS_BUCKET": site.bucket})
    process = project.start("deploy", "site", "--ignore-missing-stack-dependencies", process_group=0)
    break_off(site, process, signal.SIGINT)
    there = site.uid(KUSTOMIZATION)
    site.write("good")
    with pytest.raises(TerraformFailed, match=wrapped("Cannot create resource that already exists")):
        site.deploy()

    version, _, kind = KUSTOMIZATION.rpartition("/")
    id = f"apiVersion={version},kind={kind},namespace={NAMESPACE},name={NAMES[KUSTOMIZATION]}"
    site.terraform.run("import", site.address(KUSTOMIZATION), id)
    site.deploy()
    assert (site.runs(), site.uid(KUSTOMIZATION)) == (RUNS, there)
    assert not site.terraform.plan_changes()


def test_destroying_after_a_deploy_that_was_killed_leaves_what_flux_removes_when_the_kustomization_is_deleted(
    site: TerraformSite,
):
    site.write("bad", more=NEVER_READY)
    site.configure()
    break_off(site, site.terraform.start_apply(), signal.SIGKILL)
    site.terraform.destroy()
    assert site.left() == [KUSTOMIZATION]
    assert site.runs() is not None

    site.kube.delete(KUSTOMIZATION, NAMES[KUSTOMIZATION], NAMESPACE)
    wait_until(lambda: not site.left(), "the Kustomization to be gone")
    assert site.runs() is None


def break_off(site: TerraformSite, deploy: "subprocess.Popen[bytes]", by: signal.Signals) -> None:
    """End a deploy and what it has started, while Terraform waits for the Kustomization."""
    wait_until(lambda: site.runs() or deploy.poll() is not None, "Flux to apply the site")
    os.killpg(deploy.pid, by)
    deploy.wait(timeout=30)
    assert KUSTOMIZATION in site.left()
    assert site.address(KUSTOMIZATION) not in site.terraform.state()
