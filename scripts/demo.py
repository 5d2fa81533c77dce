"""`make demo`: the main job on this machine, with the real Terraform and an embedded S3 instead of AWS."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from embedded_s3 import embedded_s3
from run_cdktf import ROOT, command

BUCKET = "bucketops-demo"
EDITED = Path("applications/sock-shop/helmrelease.yaml")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bucketops-demo-") as folder, embedded_s3() as url:
        work = Path(folder)
        environment = _environment(url)
        say("1. `cdktf deploy bucket`: the private, versioned bucket and the key that Flux reads it with")
        (work / "cdktf.json").write_text(f'{{"language": "python", "app": "python {ROOT / "main.py"}"}}')
        line, environment = command(["deploy", "bucket", "--auto-approve", "--no-color"], work, environment)
        run(line, work, environment)

        say("2. `python -m upload`: publish deploy/ as one release")
        shutil.copytree(ROOT / "deploy", work / "deploy")
        upload("publish", "-m", "the shop as it is in deploy/", work=work, environment=environment)

        say(f"3. edit {EDITED} and publish again: one atomic switch, the old release stays for rollback")
        manifest = work / "deploy" / EDITED
        manifest.write_text(manifest.read_text().replace("memory: 768Mi", "memory: 800Mi"))
        upload("publish", "-m", "more memory for the carts", work=work, environment=environment)

        say("4. publish once more: nothing has changed, so nothing is written")
        upload("publish", work=work, environment=environment)

        say("5. who published what, and what is live (*)")
        upload("history", work=work, environment=environment)
    say(
        "That was the real Terraform, AWS provider and publisher; moto played S3 and IAM, and is gone now.\n"
        "A real deploy adds the Civo cluster, Flux in it, and the site: Flux fetches the release with the revision\n"
        "shown, and `cdktf deploy` returns when it is applied and healthy. README.md, 'Deploy it', says how."
    )


def _environment(url: str) -> dict[str, str]:
    """Nothing of the user's AWS account may be reached, whatever their shell has set."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BUCKETOPS_", "TF_VAR_"))}
    return own | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "BUCKETOPS_BUCKET": BUCKET,
        "CI": "1",  # plain lines instead of cdktf's live display
    }


def say(text: str) -> None:
    print(f"\n{text}", flush=True)


def run(line: list[str], work: Path, environment: dict[str, str]) -> None:
    """Run cdktf, and tell what it creates as it does; all it said if it fails."""
    said = []
    with subprocess.Popen(
        line, cwd=work, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for text in process.stdout or ():
            said.append(text)
            if created := re.search(r"(\w+)\.\S+ \((\S+)\): Creation complete", text):
                print(f"   created {created[2]} ({created[1]})", flush=True)
    if process.returncode:
        sys.exit(f"{''.join(said)}\nthe demo stopped: `cdktf deploy` answered {process.returncode}")


def upload(*arguments: str, work: Path, environment: dict[str, str]) -> None:
    print(f"   $ python -m upload {shlex.join(arguments)}", flush=True)
    done = subprocess.run([sys.executable, "-m", "upload", *arguments], cwd=work, env=environment)
    if done.returncode:
        sys.exit(f"the demo stopped: `python -m upload` answered {done.returncode}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nstopped, and the embedded S3 with it")
