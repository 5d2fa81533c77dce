"""API versions that clusters and Flux no longer serve, and what to write instead. Pure."""

_FLUX_SOURCE = "source.toolkit.fluxcd.io"
_FLUX_KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
_FLUX_HELM = "helm.toolkit.fluxcd.io"
_FLUX_IMAGE = "image.toolkit.fluxcd.io"
_FLUX_NOTIFICATION = "notification.toolkit.fluxcd.io"

# By apiVersion and kind ("" for all of its kinds): where it ended, and the version to write, "" if none follows.
# Flux: release notes of 2.7 and 2.8. Kubernetes: https://kubernetes.io/docs/reference/using-api/deprecation-guide/,
# the kinds that people publish. A kind is named where newer kinds live in the same version.
_REMOVED = {
    (f"{_FLUX_SOURCE}/v1beta1", ""): ("Flux 2.7", f"{_FLUX_SOURCE}/v1"),
    (f"{_FLUX_SOURCE}/v1beta2", ""): ("Flux 2.8", f"{_FLUX_SOURCE}/v1"),
    (f"{_FLUX_KUSTOMIZE}/v1beta1", ""): ("Flux 2.7", f"{_FLUX_KUSTOMIZE}/v1"),
    (f"{_FLUX_KUSTOMIZE}/v1beta2", ""): ("Flux 2.8", f"{_FLUX_KUSTOMIZE}/v1"),
    (f"{_FLUX_HELM}/v2beta1", ""): ("Flux 2.7", f"{_FLUX_HELM}/v2"),
    (f"{_FLUX_HELM}/v2beta2", ""): ("Flux 2.8", f"{_FLUX_HELM}/v2"),
    (f"{_FLUX_IMAGE}/v1beta1", ""): ("Flux 2.7", f"{_FLUX_IMAGE}/v1"),
    (f"{_FLUX_NOTIFICATION}/v1beta1", "Receiver"): ("Flux 2.7", f"{_FLUX_NOTIFICATION}/v1"),
    (f"{_FLUX_NOTIFICATION}/v1beta1", ""): ("Flux 2.7", f"{_FLUX_NOTIFICATION}/v1beta3"),
    ("extensions/v1beta1", "Ingress"): ("Kubernetes 1.22", "networking.k8s.io/v1"),
    ("extensions/v1beta1", "NetworkPolicy"): ("Kubernetes 1.16", "networking.k8s.io/v1"),
    ("extensions/v1beta1", "PodSecurityPolicy"): ("Kubernetes 1.16", ""),
    ("extensions/v1beta1", ""): ("Kubernetes 1.16", "apps/v1"),
    ("apps/v1beta1", ""): ("Kubernetes 1.16", "apps/v1"),
    ("apps/v1beta2", ""): ("Kubernetes 1.16", "apps/v1"),
    ("networking.k8s.io/v1beta1", "Ingress"): ("Kubernetes 1.22", "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", "IngressClass"): ("Kubernetes 1.22", "networking.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1beta1", ""): ("Kubernetes 1.22", "rbac.authorization.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", ""): ("Kubernetes 1.22", "apiextensions.k8s.io/v1"),
    ("admissionregistration.k8s.io/v1beta1", "ValidatingWebhookConfiguration"): (
        "Kubernetes 1.22",
        "admissionregistration.k8s.io/v1",
    ),
    ("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration"): (
        "Kubernetes 1.22",
        "admissionregistration.k8s.io/v1",
    ),
    ("scheduling.k8s.io/v1beta1", "PriorityClass"): ("Kubernetes 1.22", "scheduling.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "StorageClass"): ("Kubernetes 1.22", "storage.k8s.io/v1"),
    ("batch/v1beta1", "CronJob"): ("Kubernetes 1.25", "batch/v1"),
    ("policy/v1beta1", "PodDisruptionBudget"): ("Kubernetes 1.25", "policy/v1"),
    ("policy/v1beta1", "PodSecurityPolicy"): ("Kubernetes 1.25", ""),
    ("autoscaling/v2beta1", ""): ("Kubernetes 1.25", "autoscaling/v2"),
    ("autoscaling/v2beta2", ""): ("Kubernetes 1.26", "autoscaling/v2"),
}


def removed_api(version: str, kind: str) -> str | None:
    """What is wrong with this apiVersion of this kind, and what to write; None if it is served."""
    found = _REMOVED.get((version, kind)) or _REMOVED.get((version, ""))
    if found is None:
        return None
    ended, instead = found
    remedy = f"write {instead}" if instead else f"nothing follows it, remove the {kind}"
    return f"apiVersion {version} was removed in {ended}: {remedy}"
