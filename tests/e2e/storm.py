"""Publishing while Flux reconciles all the time: by our publisher, and by a mirror that is overwritten in place."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.builds import Count, build, count
from tests.e2e.live_site import BUCKET, LiveSite
from tests.real.kube import KubeError
from upload.revision import revision
from upload.s3 import Bucket

RECONCILE_EVERY_S = 0.1
WRITE_TAKES_S = 0.03  # as with a store that is far away; the same for both ways, one write at a time
FOLDERS = ("cart", "catalogue", "orders", "payment")
MAPS = 20

Publish = Callable[[LiveSite, Path], str]  # publishes a tree; answers the revision that Flux must see


@dataclass(frozen=True)
class Outcome:
    artifacts: Count
    lost: int  # objects that are in every release, and that Flux removed in between


def storm(site: LiveSite, publish: Publish, *, releases: int = 6) -> Outcome:
    """Publish one release after the other into an empty bucket that Flux follows, and look at all that it stored."""
    trees = [shop(site, version) for version in range(releases)]
    site.deploy()
    site.see()
    with reconciling(site):
        site.wait_applied(publish(site, trees[0]))
        before = site.uids()
        for tree in trees[1:]:
            last = publish(site, tree)
        site.wait_applied(last)
    after = site.uids()
    lost = [name for name in before.keys() & after if before[name] != after[name]]
    built = [objects for tree in trees if (objects := build(tree)) is not None]
    assert len(set(built)) == releases, "every release builds, and to something else"
    return Outcome(count(site.flux.artifacts(site.name), built), len(lost))


def shop(site: LiveSite, version: int) -> Path:
    """A release in which every value has changed. Every other one has some ConfigMaps in other files, too."""
    tree, layout = site.tree / str(version), version // 2
    files = {_place(number, layout): site.config_map(f"map-{number}", f"{version}") for number in range(MAPS)}
    files[f"cart/only-{layout}.yaml"] = site.config_map(f"only-{layout}", f"{version}")
    for path, content in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(json.dumps(content))
    (tree / "kustomization.yaml").write_text(json.dumps({"resources": sorted(files)}))
    return tree


def _place(number: int, layout: int) -> str:
    moved, renamed = (number + layout) % 5 == 0, (number + layout) % 7 == 0
    folder = FOLDERS[(number + (layout if moved else 0)) % len(FOLDERS)]
    return f"{folder}/map-{number}{f'-{layout}' if renamed else ''}.yaml"


@contextmanager
def reconciling(site: LiveSite) -> Iterator[None]:
    """Ask Flux to fetch the bucket, again and again, until the block ends."""
    ended, failures = threading.Event(), []

    def ask() -> None:
        while not ended.wait(RECONCILE_EVERY_S):
            try:
                site.request(BUCKET)
            except (KubeError, OSError) as error:
                failures.append(error)
                return

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    assert not failures


class SlowBucket(Bucket):
    """Writes one object after the other, each of them slowly: the longer a publish, the more Flux sees of it."""

    _turn = threading.Lock()

    def put(self, key: str, content: bytes) -> str:
        with self._turn:
            time.sleep(WRITE_TAKES_S)
            return super().put(key, content)


def ours(site: LiveSite, tree: Path) -> str:
    return site.publish(tree=tree, bucket=SlowBucket(site.target)).revision


def mirror(site: LiveSite, tree: Path) -> str:
    """As `aws s3 sync --delete` does: uploads and deletes in the order of the keys, under the names that are read."""
    files = {f"live/{path.relative_to(tree)}": path for path in tree.rglob("*") if path.is_file()}
    for key in sorted({*site.keys("live/"), *files}):
        time.sleep(WRITE_TAKES_S)
        if key in files:
            site.client.put_object(Bucket=site.name, Key=key, Body=files[key].read_bytes())
        else:
            site.client.delete_object(Bucket=site.name, Key=key)
    return revision({key: row.etag for key, row in site.bucket.list("live/").items()})
