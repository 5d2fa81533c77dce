"""Take the index out of Pipfile.lock: `pipenv sync` then uses pip's own, whichever the machine is set up for."""

import json
from pathlib import Path

path = Path("Pipfile.lock")
lock = json.loads(path.read_text())
lock["_meta"]["sources"] = []
for group in ("default", "develop"):
    for package in lock[group].values():
        package.pop("index", None)
path.write_text(json.dumps(lock, indent=4, sort_keys=True) + "\n")
