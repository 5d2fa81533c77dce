"""`kill -9` of a real `python -m upload` at each of its writes: the old or the new release runs, and nothing else."""

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest

from tests.e2e.live_site import LiveSite
from tests.e2e.proxy import NEVER, Proxy, running_proxy
from tests.real.waiting import wait_until

POINTER, WRITES = 5, 9  # four files, archive, pointer, record, two steps of the clean-up
_values = itertools.count()


@pytest.fixture(scope="module")
def site(flux, s3_server, tmp_path_factory) -> Iterator[LiveSite]:
    """With two releases, so that the next publish has one to clean up."""
    with LiveSite(flux, s3_server, tmp_path_factory.mktemp("killed") / "tree") as site:
        for path in ("orders.yaml", "team/payment.yaml"):
            site.write(path, **{path.rpartition("/")[2].removesuffix(".yaml"): "same"})
        change(site)
        site.publish()
        change(site)
        second = site.publish()
        site.deploy()
        site.follow(second.revision)
        yield site


@pytest.fixture(scope="module")
def proxy(s3_server) -> Iterator[Proxy]:
    with running_proxy(s3_server.host) as proxy:
        yield proxy


@pytest.mark.parametrize(
    ("write", "arrives"),
    [
        # One after the other but for the files, so that after one of them is before the next.
        *(pytest.param(write, False, id=f"before write {write}") for write in range(WRITES)),
        pytest.param(POINTER, True, id="when the pointer has arrived and its answer has not"),
        pytest.param(WRITES - 1, True, id="after the last write"),
    ],
)
def test_a_publisher_killed_at_any_write_leaves_one_whole_release_running_and_the_next_publish_completes(
    site: LiveSite, proxy: Proxy, write: int, arrives: bool
):
    old, uids = site.running(), site.uids()
    new = {**old, "cart": change(site)}
    victims: list[subprocess.Popen[str]] = []
    # It asks for nothing before Popen has returned; if it should, the strike waits.
    kill = partial(wait_until, lambda: [victim.kill() or victim for victim in victims], "the publisher to be started")
    proxy.arm(write, arrives=arrives, strike=kill)
    victims.append(start(site, proxy))
    assert ended(victims[0])[0] == -signal.SIGKILL
    site.see()
    switched = write > POINTER or (write == POINTER and arrives)
    assert site.running() == (new if switched else old)

    proxy.arm(NEVER)
    code, said = ended(start(site, proxy))
    assert code == 0
    site.follow(json.loads(said)["revision"])
    assert (site.running(), site.uids()) == (new, uids)
    assert len({key.split("/")[1] for key in site.keys("live/")}) == 3, "two releases and the pointer"


def change(site: LiveSite) -> str:
    value = str(next(_values))
    site.write("cart.yaml", cart=value)
    return value


def start(site: LiveSite, proxy: Proxy) -> "subprocess.Popen[str]":
    where = ["--bucket", site.name, "--endpoint", proxy.url, "--region", site.s3.region, "--source", site.name]
    return subprocess.Popen(
        [sys.executable, "-m", "upload", "publish", str(site.tree), "--json", *where],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "KUBECONFIG": os.devnull},
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out or err
