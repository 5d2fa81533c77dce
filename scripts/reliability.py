"""What Flux makes of a bucket while it is written: `make reliability`, or `python -m scripts.reliability [RELEASES]`.

Six releases of 21 ConfigMaps go into an empty bucket, 30 ms for each write, while Flux is asked to fetch all the
time. Then every artifact it stored is built with kustomize. Real Flux, Kubernetes API and S3 server (versitygw),
all on loopback; they are built when they are missing, which takes minutes.
"""

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.e2e.builds import Count
from tests.e2e.live_site import LiveSite
from tests.e2e.storm import mirror, ours, storm
from tests.real.cluster import running_cluster
from tests.real.flux import running_flux
from tests.real.s3 import running_s3_server

WAYS = {"`python -m upload`": ours, "in-place mirror, as `aws s3 sync --delete`": mirror}
HEADER = """\
| published by | artifacts stored | a whole release | does not build | a mix or a part |
|---|---|---|---|---|"""


def main(releases: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bucketops-reliability-") as folder, ExitStack() as stack:
        work = Path(folder)
        flux = stack.enter_context(running_flux(stack.enter_context(running_cluster(work))))
        s3 = stack.enter_context(running_s3_server(work))
        os.environ.update(s3.env)
        print(HEADER, flush=True)
        for number, (way, publish) in enumerate(WAYS.items()):
            with LiveSite(flux, s3, work / f"tree-{number}") as site:
                print(row(way, storm(site, publish, releases=releases).artifacts), flush=True)


def row(way: str, found: Count) -> str:
    return f"| {way} | {found.stored} | {found.whole} | {found.broken} | {found.mixed} |"


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 6)
