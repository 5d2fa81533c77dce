"""One save: the commands of a person, and when each stage of Flux was through with it."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bucketops import manifests

from bench.cold import CommandFailed
from bench.sites import Site, now
from bench.tools import Tool
from tests.real.kube import Manifest


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Seconds; they follow each other."""

    upload: float  # until Flux is asked to fetch; with the poll, until the command has ended
    fetch: float  # until source-controller has stored the artifact
    build: float  # until kustomize-controller has noticed it, fetched it and built it
    apply: float  # until everything that changed is applied
    health: float  # until everything is healthy and the Kustomization says so
    notice: float  # until the command has returned, if it waits


def save(site: Site, tool: Tool, *, kubeconfig: str, asks: bool) -> Parts:
    """Make the bucket equal the tree, and follow it until the cluster runs it. `asks`: do not wait for the poll.

    Our command asks and waits by itself; the others are followed by `kubectl annotate`. Raises CommandFailed.
    """
    environment = dict(tool.environment) | {"KUBECONFIG": kubeconfig}
    waits = ["--wait", "--source", site.name, "--kustomization", site.name] if tool.ours else []
    known = _request(site.bucket.seen[-1][1])
    started = now()
    _call([*tool.command(site.tree, site.name), *waits], environment)
    if asks and not tool.ours:
        annotate = ["kubectl", "annotate", "--overwrite", "--namespace", site.namespace]
        object = f"buckets.source.toolkit.fluxcd.io/{site.name}"
        _call([*annotate, object, f"{manifests.REQUESTED_AT}={time.time_ns()}"], environment)
    ended = now()

    def asked(bucket: Manifest) -> bool:
        return _request(bucket) != known

    uploaded = site.bucket.first(asked, after=started, what="the request") if asks else ended
    fetched, revision = site.fetched(after=started)
    applied = site.kustomization.first(
        lambda one: _has_applied(one, revision), after=fetched, what=f"{site.name} to be applied"
    )
    # A stage that was too short for its message counts as part of the one after it.
    built = site.kustomization.when(lambda one: _says(one, "Detecting drift", revision), after=fetched) or fetched
    checked = site.kustomization.when(lambda one: _says(one, "Running health", revision), after=built) or built
    return Parts(
        upload=uploaded - started,
        fetch=fetched - uploaded,
        build=built - fetched,
        apply=checked - built,
        health=applied - checked,
        notice=max(0.0, ended - applied) if tool.ours else 0.0,
    )


def _call(command: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, cwd=os.sep, capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(f"{' '.join(command)} exited {done.returncode}: {done.stdout}{done.stderr}")


def _request(bucket: Manifest) -> str:
    return bucket["metadata"].get("annotations", {}).get(manifests.REQUESTED_AT, "")


def _has_applied(kustomization: Manifest, revision: str) -> bool:
    status = kustomization.get("status", {})
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", ()))
    return ready and status.get("lastAppliedRevision") == revision


def _says(kustomization: Manifest, beginning: str, revision: str) -> bool:
    messages = [one["message"] for one in kustomization.get("status", {}).get("conditions", ())]
    return any(message.startswith(beginning) and revision in message for message in messages)
