"""Renaming a resource destroys it and its data: every name of every stack is pinned.

UPDATE_GOLDENS=1 writes the golden anew; then read the diff, and say in the commit what users have to move.
"""

import json
import os
from pathlib import Path

GOLDEN = Path(__file__).with_name("goldens") / "names.json"


def test_no_name_of_the_four_stacks_has_changed(stacks):
    names = {
        stack: {
            section: sorted(f"{kind}.{name}" for kind, items in body.get(section, {}).items() for name in items)
            for section in ("resource", "data")
        }
        | {"output": sorted(body.get("output", {}))}
        for stack, body in stacks.items()
    }
    if os.environ.get("UPDATE_GOLDENS"):
        GOLDEN.write_text(json.dumps(names, indent=2) + "\n")
    assert names == json.loads(GOLDEN.read_text())
