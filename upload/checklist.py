"""The names of the checks, apart from the checks: --help must not wait for those."""

from collections.abc import Iterable

from upload.errors import UsageError

CHECKS = {
    "yaml": "a manifest does not parse, or is no Kubernetes object",
    "removed-api": "an API version that Flux or Kubernetes no longer serves",
    "duplicate": "one object in two manifests",
    "dangling": "a kustomization names what is not in the release",
    "secret": "a Secret that is not encrypted",
    "state-file": "private keys, kubeconfigs, Terraform states, .env files",
    "build": "kustomize cannot build the tree; only where it does more than gather files, and is at hand",
}


def check_names(names: Iterable[str]) -> frozenset[str]:
    """The names for `--no-check`. Raises UsageError for one that is none."""
    chosen = frozenset(names)
    for name in sorted(chosen - CHECKS.keys()):
        import difflib

        close = difflib.get_close_matches(name, CHECKS, 1)
        meant = f"did you mean {close[0]}?" if close else f"there are {', '.join(CHECKS)}"
        raise UsageError(f"no check is called {name!r}: {meant}")
    return chosen
