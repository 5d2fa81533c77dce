"""A Kubernetes control plane on loopback: etcd, API server, controllers, scheduler, and kwok in place of nodes."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.real import programs
from tests.real.certificates import Authority, KeyPair, signing_key
from tests.real.kube import Kube, Manifest
from tests.real.ports import free_port
from tests.real.process import Process, answers
from tests.real.scratch import scratch
from tests.real.waiting import wait_until

NODES = 2
# What `kwokctl` would pick: nodes stay, pods are ready and jobs complete at once.
KWOK_STAGES = ("node/fast", "node/heartbeat-with-lease", "pod/fast")


@dataclass(frozen=True)
class Cluster:
    kubeconfig: Path  # carries an administrator's client certificate, as Civo's does
    kube: Kube
    log_dir: Path
    processes: dict[str, Process]  # by program name; empty for a cluster that was not started here

    @property
    def kubeconfig_text(self) -> str:
        return self.kubeconfig.read_text()


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Keeps kubeconfig, certificates and logs in `folder`, everything else in memory."""
    with ExitStack() as stack:
        secrets = _Secrets.written_to(folder)
        server = f"https://127.0.0.1:{free_port()}"
        kubeconfig = folder / "kubeconfig.yaml"
        kubeconfig.write_text(_kubeconfig(server, secrets))

        def start(name: str, arguments: dict[str, str | Path], state: Path | None = None) -> Process:
            flags = [f"--{flag}={value}" for flag, value in arguments.items()]
            process = Process(name, [programs.executable(name), *flags], log_dir=folder, scratch=state)
            return stack.enter_context(process)

        kube = Kube(kubeconfig)
        etcd_url, state = f"http://127.0.0.1:{free_port()}", scratch("etcd")
        # Together: the API server asks for etcd until it is there.
        started = [
            start("etcd", _etcd(etcd_url, state), state),
            start("kube-apiserver", _apiserver(server, etcd_url, folder)),
        ]
        started[1].wait_healthy(answers(f"{server}/readyz", context=kube.context))
        health = {}
        for name, arguments in _controllers(kubeconfig, folder).items():
            started.append(start(name, arguments))
            health[started[-1]] = f"https://127.0.0.1:{arguments['secure-port']}/healthz"
        started.append(start("kwok", _kwok(kubeconfig, folder, port := free_port())))
        health[started[-1]] = f"http://127.0.0.1:{port}/healthz"
        for process, url in health.items():
            process.wait_healthy(answers(url, context=kube.context))
        kube.apply(*(_node(f"node-{number}") for number in range(NODES)))
        cluster = Cluster(kubeconfig, kube, folder, {process.name: process for process in started})
        wait_until(lambda: kube.get("v1/ServiceAccount", "default", "default"), "the controllers to work")
        yield cluster


def foreign_cluster(kubeconfig: Path, folder: Path) -> Cluster:
    """A cluster that somebody else runs, such as kind or k3d."""
    return Cluster(kubeconfig, Kube(kubeconfig), folder, {})


@dataclass(frozen=True)
class _Secrets:
    authority: bytes
    administrator: KeyPair

    @classmethod
    def written_to(cls, folder: Path) -> "_Secrets":
        authority = Authority()
        serving = authority.server("localhost", "kubernetes.default.svc")
        files = {"ca.crt": authority.certificate, "serving.crt": serving.certificate, "serving.key": serving.key}
        for name, content in (files | {"service-account.key": signing_key()}).items():
            (folder / name).write_bytes(content)
        # system:masters may do everything before any role exists.
        return cls(authority.certificate, authority.client("admin", group="system:masters"))


def _etcd(url: str, state: Path) -> dict[str, str | Path]:
    peer = f"http://127.0.0.1:{free_port()}"
    client = {"listen-client-urls": url, "advertise-client-urls": url}
    peers = {"listen-peer-urls": peer, "initial-advertise-peer-urls": peer, "initial-cluster": f"default={peer}"}
    return {"data-dir": state, "unsafe-no-fsync": "true", "log-level": "warn", **client, **peers}


def _apiserver(server: str, etcd: str, folder: Path) -> dict[str, str | Path]:
    return {
        "etcd-servers": etcd,
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        # Otherwise it refuses to publish a loopback address as the Service `kubernetes`.
        "endpoint-reconciler-type": "none",
        "secure-port": server.rpartition(":")[2],
        "tls-cert-file": folder / "serving.crt",
        "tls-private-key-file": folder / "serving.key",
        "client-ca-file": folder / "ca.crt",
        "service-account-key-file": folder / "service-account.key",
        "service-account-signing-key-file": folder / "service-account.key",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-cluster-ip-range": "10.96.0.0/16",
        "authorization-mode": "RBAC",
    }


def _controllers(kubeconfig: Path, folder: Path) -> dict[str, dict[str, str | Path]]:
    def common() -> dict[str, str | Path]:
        serving = {"tls-cert-file": folder / "serving.crt", "tls-private-key-file": folder / "serving.key"}
        listen = {"bind-address": "127.0.0.1", "secure-port": str(free_port())}
        return {"kubeconfig": kubeconfig, "leader-elect": "false", **listen, **serving}

    tokens = {"service-account-private-key-file": folder / "service-account.key", "root-ca-file": folder / "ca.crt"}
    return {"kube-controller-manager": common() | tokens, "kube-scheduler": common()}


def _kwok(kubeconfig: Path, folder: Path, port: int) -> dict[str, str | Path]:
    stages = programs.data("kwok")
    files = [file for folder in KWOK_STAGES for file in sorted((stages / folder).glob("*.yaml"))]
    config = folder / "kwok.yaml"
    config.write_text("---\n".join(file.read_text() for file in files if file.stem != "kustomization"))
    listen = {"server-address": f"127.0.0.1:{port}", "node-ip": "127.0.0.1"}
    every = {"manage-all-nodes": "true", "node-lease-duration-seconds": "40"}
    return {"kubeconfig": kubeconfig, "config": config, **listen, **every}


def _node(name: str) -> Manifest:
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def _kubeconfig(server: str, secrets: _Secrets, name: str = "bucketops-test") -> str:
    def encoded(pem: bytes) -> str:
        return base64.b64encode(pem).decode()

    cluster = {"server": server, "certificate-authority-data": encoded(secrets.authority)}
    administrator = secrets.administrator
    user = {
        "client-certificate-data": encoded(administrator.certificate),
        "client-key-data": encoded(administrator.key),
    }
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )
