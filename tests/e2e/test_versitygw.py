"""The publisher's own tests on an S3 server that checks signatures and really does conditional writes."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from publish import test_crash, test_publish
from publish.conftest import Shop, tree, write_manifest

from tests.e2e.proxy import running_proxy
from tests.real.s3 import S3Server
from upload.cli import main
from upload.errors import PointerMoved, StoreFailed
from upload.look import look
from upload.publishing import Published, carry_out
from upload.s3 import Bucket
from upload.source import read_tree
from upload.target import Target

__all__ = ["tree"]  # a fixture
# moto's in tests/publish, this server here.
for module in (test_publish, test_crash):
    globals().update({name: value for name, value in vars(module).items() if name.startswith("test_")})

_numbers = itertools.count(100)
_listening: list[str] = []  # the URL of a proxy that notes requests down, if a test wants them


@pytest.fixture
def requests(s3_server: S3Server) -> Iterator[list[str]]:
    """What the server was asked, as "METHOD path", in order."""
    with running_proxy(s3_server.host) as proxy:
        _listening.append(proxy.url)
        yield proxy.requests
        _listening.clear()


@pytest.fixture
def shop(s3_server: S3Server, request: pytest.FixtureRequest) -> Iterator[Shop]:
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    if {"", ".."} & set(parameters.get("key", "a/b").split("/")):
        pytest.skip("versitygw stores objects as files, and no file has such a name")
    if "requests" in request.fixturenames:
        request.getfixturevalue("requests")
    shop = Shop(_listening[0] if _listening else s3_server.endpoint, f"shop-{next(_numbers)}")
    yield shop
    shop.client.close()


def test_of_many_publishers_at_once_exactly_one_switches(shop: Shop, tree: Path, tmp_path: Path) -> None:
    shop.publish(tree)
    plans = []
    for number in range(8):
        write_manifest(tmp_path / f"rival-{number}" / "cart.yaml", str(number))
        rival = read_tree(tmp_path / f"rival-{number}")
        plans.append((look(shop.bucket, rival.release), rival.read))

    def switch(number: int) -> Published | PointerMoved:
        plan, read = plans[number]
        try:
            return carry_out(shop.bucket, plan, read, about=shop.about)
        except PointerMoved as error:
            return error

    with ThreadPoolExecutor(len(plans)) as pool:
        done = list(pool.map(switch, range(len(plans))))
    (winner,) = (one for one in done if isinstance(one, Published))
    assert test_crash.live(shop) == winner.release
    assert sum(isinstance(one, PointerMoved) for one in done) == len(done) - 1


@pytest.mark.parametrize("arrives", [False, True], ids=["before the server has it", "after the server has it"])
@pytest.mark.parametrize("write", range(test_crash.ALL_WRITES))
def test_a_connection_that_is_lost_at_any_write_is_made_up_for(
    shop: Shop, tree: Path, s3_server: S3Server, write: int, arrives: bool
) -> None:
    for value in ("1", "2", "3"):
        write_manifest(tree / "cart.yaml", value)
        release = read_tree(tree).release
        if value != "3":
            shop.publish(tree)
    with running_proxy(s3_server.host) as proxy:
        proxy.arm(write, arrives=arrives)
        target = Target(bucket=shop.name, region=s3_server.region, endpoint=proxy.url)
        done = shop.publish(tree, bucket=Bucket(target))
    assert (done.switched, test_crash.live(shop)) == (True, release.id)
    assert test_crash.is_whole(shop, release)
    assert done.revision == test_publish.flux_revision(shop)
    writes = [line for line in proxy.requests if not line.startswith("GET")]
    assert len(writes) == test_crash.ALL_WRITES + 1, "one of them was sent twice"


def test_a_store_that_asks_to_slow_down_gets_its_time_and_the_whole_release(
    shop: Shop, tree: Path, s3_server: S3Server
) -> None:
    for number in range(40):
        write_manifest(tree / f"more/{number}.yaml", "1")
    with running_proxy(s3_server.host) as proxy:
        proxy.refuse = lambda number: 3 <= number < 60
        done = shop.publish(tree, bucket=Bucket(Target(shop.name, s3_server.region, proxy.url)))
    assert test_crash.is_whole(shop, read_tree(tree).release)
    assert done.revision == test_publish.flux_revision(shop)


def test_a_store_that_never_has_time_fails_the_publish_and_leaves_what_is_live(
    shop: Shop, tree: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shop.publish(tree)
    write_manifest(tree / "cart.yaml", "2")
    monkeypatch.setattr("upload.s3.RETRY_S", 0.5)
    with running_proxy(s3_server.host) as proxy:
        proxy.refuse = lambda number: True
        with pytest.raises(StoreFailed, match="answered SlowDown to write"):
            shop.publish(tree, bucket=Bucket(Target(shop.name, s3_server.region, proxy.url)))
    assert test_crash.live(shop) == first.release


def test_a_wrong_secret_is_refused_by_the_signature_and_not_shown(
    shop: Shop, tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    where = ["--bucket", shop.name, "--endpoint", shop.bucket.target.endpoint]
    code = main(["publish", str(tree), *map(str, where)])
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (7, "", 1)
    assert err.startswith("error: the AWS secret key is wrong for")
    assert "not-the-secret" not in err
