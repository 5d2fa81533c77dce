"""A publisher that dies at any request leaves the old or the new release live, and the next one completes it."""

import itertools
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from publish.conftest import Shop, write_manifest
from upload.errors import Interrupted
from upload.look import look
from upload.publishing import carry_out
from upload.release import POINTER, Release
from upload.s3 import Bucket
from upload.source import read_tree


class Killed(BaseException):
    """Nothing catches it, as nothing catches kill -9."""


class DyingBucket(Bucket):
    """Carries out `writes` requests that change something, and none after that; its last may be lost on the way."""

    def __init__(self, shop: Shop, writes: int, *, how: type[BaseException] = Killed, arrives: bool = False) -> None:
        super().__init__(shop.bucket.target)
        self._left = itertools.count(writes, -1)
        self._how, self._arrives = how, arrives

    def _count(self, write: Callable[[], Any]) -> Any:
        left = next(self._left)
        if left > 0:
            return write()
        if left == 0 and self._arrives:
            write()
        raise self._how

    def put(self, key: str, content: bytes) -> str:
        return self._count(lambda: super(DyingBucket, self).put(key, content))  # type: ignore[no-any-return]

    def add(self, key: str, content: bytes) -> bool:
        return self._count(lambda: super(DyingBucket, self).add(key, content))  # type: ignore[no-any-return]

    def replace(self, key: str, content: bytes, *, etag: str | None) -> str | None:
        return self._count(lambda: super(DyingBucket, self).replace(key, content, etag=etag))  # type: ignore[no-any-return]

    def delete(self, keys: Iterable[str]) -> None:
        self._count(lambda: super(DyingBucket, self).delete(keys))


ALL_WRITES = 4 + 1 + 1 + 1 + 2  # files, archive, pointer, record, two steps of the clean-up


@pytest.mark.parametrize("arrives", [False, True], ids=["before the server has it", "after the server has it"])
@pytest.mark.parametrize("writes", range(ALL_WRITES))
def test_a_publisher_killed_at_any_write_leaves_a_whole_release_live(
    shop: Shop, tree: Path, writes: int, arrives: bool
) -> None:
    known = {}
    for value in ("1", "2", "3"):
        write_manifest(tree / "cart.yaml", value)
        release = read_tree(tree).release
        known[release.id] = release
        if value != "3":
            shop.publish(tree)
    with pytest.raises(Killed):
        shop.publish(tree, bucket=DyingBucket(shop, writes, arrives=arrives))
    assert is_whole(shop, known[live(shop)])

    done = shop.publish(tree)
    assert live(shop) == release.id
    assert is_whole(shop, release)
    assert len({key.split("/")[1] for key in shop.keys("live/") if key != POINTER}) == 2
    assert done.revision == shop.publish(tree).revision


def test_an_upload_that_was_given_up_does_not_push_out_the_previous_release(shop: Shop, tree: Path) -> None:
    first = shop.publish(tree)
    write_manifest(tree / "cart.yaml", "2")
    second = shop.publish(tree)
    write_manifest(tree / "cart.yaml", "given up")
    with pytest.raises(Killed):
        shop.publish(tree, bucket=DyingBucket(shop, 2))
    write_manifest(tree / "cart.yaml", "2")
    again = shop.publish(tree)
    assert (again.switched, len(again.removed)) == (False, 1)
    assert {key.split("/")[1] for key in shop.keys("live/") if key != POINTER} == {first.release, second.release}


@pytest.mark.parametrize(
    ("writes", "arrives", "says"),
    [
        pytest.param(
            0, False, "stopped before the switch: {first} is still live: publish again", id="at the first file"
        ),
        pytest.param(5, False, "stopped before the switch: {first} is still live", id="as the pointer is written"),
        pytest.param(5, True, "stopped after the switch: {second} is live", id="when the pointer has arrived"),
        pytest.param(6, False, "stopped after the switch: {second} is live", id="at the record"),
    ],
)
def test_ctrl_c_says_which_release_is_live(shop: Shop, tree: Path, writes: int, arrives: bool, says: str) -> None:
    first = shop.publish(tree)
    write_manifest(tree / "cart.yaml", "2")
    ours = read_tree(tree)
    dying = DyingBucket(shop, writes, how=KeyboardInterrupt, arrives=arrives)
    expected = says.format(first=first.release, second=ours.release.id)
    with pytest.raises(Interrupted, match=expected):
        carry_out(dying, look(dying, ours.release), ours.read, about=shop.about)


def live(shop: Shop) -> str:
    found = re.search(r'resources: \["(\w+)"\]', shop.read(POINTER).decode())
    assert found
    return found[1]


def is_whole(shop: Shop, release: Release) -> bool:
    etags = {row["Key"]: row["ETag"].strip('"') for row in shop.rows("live/")}
    return all(etags.get(release.key(file)) == file.md5 for file in release.files)
