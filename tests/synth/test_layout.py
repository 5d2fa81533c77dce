"""What the folder constructs/ must not become."""

import subprocess
import sys
from pathlib import Path

import bucketops
import constructs

ROOT = Path(__file__).resolve().parents[2]


def test_constructs_is_the_package_of_pypi_and_not_our_folder():
    assert "site-packages" in Path(constructs.__file__).parts


def test_our_folder_constructs_is_not_a_package():
    assert not (ROOT / "constructs" / "__init__.py").exists()
    assert not list((ROOT / "constructs").glob("_jsii*"))


def test_everything_public_can_be_imported():
    assert sorted(bucketops.__all__) == bucketops.__all__
    assert all(getattr(bucketops, name).__name__ == name for name in bucketops.__all__)
    assert set(bucketops.__all__) <= set(dir(bucketops))


def test_importing_the_package_settings_and_fast_synth_starts_no_jsii():
    code = (
        "import sys, bucketops, bucketops.settings, bucketops.manifests, bucketops.fast_synth; "
        "print(sorted({'jsii', 'cdktf', 'constructs'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
