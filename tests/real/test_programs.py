"""Building: once per pinned version, whole or not at all, and readable when it fails."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real import programs
from tests.real.programs import PROGRAMS, BuildFailed, Program, executable

ROOT = Path(__file__).parents[2]
MAIN = 'package main\n\nvar stamp = "none"\n\nfunc main() { println("hello " + stamp) }\n'


@pytest.fixture
def hello(tmp_path, monkeypatch) -> Path:
    """A program of our own in place of the pinned ones: its module folder."""
    folder = tmp_path / "modules" / "hello"
    (folder / "crds" / "testdata").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.test/hello\n\ngo 1.26\n// require example.test/hello v1.2.3\n")
    (folder / "go.sum").write_text("")
    (folder / "main.go").write_text(MAIN)
    program = Program(name="hello", folder="hello", module="example.test/hello", ldflags="-X main.stamp={major}")
    monkeypatch.setattr(programs, "MODULES", tmp_path / "modules")
    monkeypatch.setitem(PROGRAMS, "hello", program)
    monkeypatch.setattr(programs, "_pinned", lambda *_: "v1.2.3")
    monkeypatch.setattr(programs, "cache", lambda: tmp_path / "cache")
    return folder


def says(path: Path) -> str:
    return subprocess.run([path], capture_output=True, text=True, check=True).stderr


def test_a_program_is_built_once_and_carries_its_version(hello):
    first = executable("hello")
    assert says(first) == "hello 1\n"
    (hello / "main.go").write_text("not Go")
    assert executable("hello") == first


def test_another_pin_is_another_program_and_leaves_the_old_one(hello):
    first = executable("hello")
    (hello / "go.sum").write_text("\n")
    assert executable("hello") != first
    assert first.exists()


def test_a_failing_build_names_the_program_and_its_log_in_one_line(hello):
    (hello / "main.go").write_text("package main\n\nfunc main() { missing() }\n")
    with pytest.raises(BuildFailed, match=r"^cannot build hello: `go build -ldflags` exited 1, log: \S+$") as failure:
        executable("hello")
    log = Path(str(failure.value).rpartition(" ")[2])
    assert "undefined: missing" in log.read_text()
    (hello / "main.go").write_text(MAIN)
    assert says(executable("hello")) == "hello 1\n"


def test_without_go_the_error_says_what_to_install(hello, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BuildFailed, match="no go command; install Go"):
        executable("hello")


def test_a_build_that_was_killed_leaves_nothing_that_looks_complete(hello):
    path = executable("hello")
    half = path.with_name("hello.building.1")
    half.write_text("half")
    path.unlink()
    assert says(executable("hello")) == "hello 1\n"
    assert not half.exists()


# Two processes ask for the same missing program at once.
RUN = """
import sys
from pathlib import Path
from tests.real import programs
programs.MODULES = Path({modules!r})
programs.cache = lambda: Path({cache!r})
programs._pinned = lambda *_: "v1.2.3"
programs.PROGRAMS["hello"] = programs.Program(name="hello", folder="hello", module="example.test/hello")
print(programs.executable("hello").stat().st_ino)
"""


def test_two_runs_at_once_build_it_one_time(hello):
    code = RUN.format(modules=str(hello.parent), cache=str(hello.parents[1] / "cache"))
    runs = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(4)]
    files = {run.communicate()[0] for run in runs}
    assert [run.returncode for run in runs] == [0, 0, 0, 0]
    assert len(files) == 1


def test_every_program_is_pinned_in_a_module_file_with_checksums():
    for program in PROGRAMS.values():
        assert re.fullmatch(r"v\d+\.\d+\.\d+", program.version)
        assert (programs.MODULES / program.folder / "go.sum").stat().st_size > 0


def test_no_module_file_names_a_registry():
    for file in programs.MODULES.rglob("go.*"):
        assert not re.search(r"https?://|GOPROXY", file.read_text()), file
