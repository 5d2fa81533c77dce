"""`make picture`: run the publisher against a real Flux and draw what a person sees, as docs/terminal.svg.

The night call: a release that never gets healthy, the look at it, the way back. Nothing in it is written by hand
but the comments.
"""

import re
import shlex
import tempfile
import time
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.e2e.site import Site, config_map, deployment, running_site
from tests.real.cluster import running_cluster
from tests.real.flux import running_flux
from tests.real.s3 import running_s3_server

PICTURE = Path(__file__).resolve().parent.parent / "docs/terminal.svg"
WIDTH = 132


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("cluster", "s3", "site"):
            (work / name).mkdir()
        with (
            running_cluster(work / "cluster") as cluster,
            running_flux(cluster),
            running_s3_server(work / "s3") as s3,
            running_site("shop", cluster, s3, work / "site") as site,
        ):
            picture = tell(site)
    PICTURE.write_text(picture)
    print(f"wrote {PICTURE}")


def tell(site: Site) -> str:
    """Run the story, print it, and answer the picture."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor")

    def step(command: str, *arguments: str) -> None:
        started = time.monotonic()
        answer = site.upload(command, *arguments)
        seconds = time.monotonic() - started
        console.print(Text(f"$ python -m upload {shlex.join([command, *arguments])}", style="bold"))
        for line in (answer.err + answer.out).splitlines():
            blanks = len(line) - len(line.lstrip())  # which the picture would lose
            text = "\N{NO-BREAK SPACE}" * blanks + line.lstrip()
            console.print(Text(text, style="red" if line.startswith("error") else ""))
        console.print(Text(f"# exit {answer.code} after {seconds:.1f} s\n", style="dim"))
        print(f"$ {shlex.join([command, *arguments])}\n{answer.err}{answer.out}# {answer.code}, {seconds:.1f} s\n")

    site.write(config_map("1"), deployment())
    step("publish", "--wait", "-m", "the shop")
    site.write(config_map("2"), deployment(schedulable=False))
    step("publish", "--wait", "-m", "bigger nodes")
    step("status")
    step("diff", site.upload("history", "--json").facts[-1]["release"])
    step("rollback", "--wait")
    step("status")
    picture = console.export_svg(title="python -m upload")
    # Without the web fonts it names: the picture is shown from the repository, and loads nothing.
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


if __name__ == "__main__":
    main()
