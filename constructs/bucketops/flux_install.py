"""Flux in a cluster, by its Helm chart."""

import json
from typing import Any

from cdktf_cdktf_provider_helm.release import Release
from cdktf_cdktf_provider_kubernetes.namespace_v1 import NamespaceV1, NamespaceV1Metadata
from constructs import Construct

from bucketops import rules
from bucketops.arguments import check

CHART = "flux2"
REPOSITORY = "https://fluxcd-community.github.io/helm-charts"
# Flux 2.8.5, for Kubernetes 1.33 to 1.35: the newest chart whose templates the values below were checked
# against.
CHART_VERSION = "2.18.3"
TIMEOUT_SECONDS = 15 * 60  # Civo's nodes come up after the API; the images are pulled after that

VALUES: dict[str, Any] = {
    # The CRDs are templates of this chart: uninstalling it would take along every Flux object of the cluster.
    "crds": {"annotations": {"helm.sh/resource-policy": "keep"}},
    "imageAutomationController": {"create": False},
    "imageReflectionController": {"create": False},
    # Without this gate a release that never gets healthy holds back the one that repairs it until its timeout.
    "kustomizeController": {"container": {"additionalArgs": ["--feature-gates=CancelHealthCheckOnNewRevision=true"]}},
}


class FluxInstall(Construct):
    """The controllers for sources, Kustomizations, Helm releases and notifications, and their CRDs.

    Flux objects belong to a later stack: Terraform cannot plan them before their CRDs exist, and they must be
    destroyed while the controllers still run. Needs a kubernetes and a helm provider in scope. The child ids
    `namespace` and `release` are interface.
    """

    namespace: str

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        namespace: str = "flux-system",
        chart_version: str = CHART_VERSION,
        repository: str = REPOSITORY,  # URL of another one that has the chart, such as a company's mirror
    ) -> None:
        check("namespace", namespace, rules.resource_name)
        check("repository", repository, rules.chart_repository)
        super().__init__(scope, id)
        created = NamespaceV1(self, "namespace", metadata=NamespaceV1Metadata(name=namespace))
        release = Release(
            self,
            "release",
            name=CHART,
            namespace=created.metadata.name,
            repository=repository,
            chart=CHART,
            version=chart_version,
            values=[json.dumps(VALUES)],
            wait=True,
            timeout=TIMEOUT_SECONDS,
        )
        self.namespace = release.namespace
