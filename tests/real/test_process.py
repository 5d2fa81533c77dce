"""The launcher: programs come up, explain themselves when they do not, and never outlive the test run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real.ports import free_port
from tests.real.process import Process, ProgramFailed, answers
from tests.real.waiting import NeverHappened, wait_until

ROOT = Path(__file__).parents[2]
# A program that starts another one, as an S3 gateway or a provider may.
PARENT_OF_TWO = ["sh", "-c", "sleep 600 & echo started; wait"]


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid: int) -> list[int]:
    # Of all its threads: a child belongs to the one that started it for as long as that lives.
    lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for text in lists for child in text.split()]


def tree(pid: int) -> list[int]:
    return [pid, *(member for child in children(pid) for member in tree(child))]


def test_a_stopped_program_takes_its_children_and_its_scratch_folder_along(tmp_path):
    (state := tmp_path / "state").mkdir()
    process = Process("parent", PARENT_OF_TWO, log_dir=tmp_path, scratch=state)
    members = wait_until(lambda: len(found := tree(process.pid)) == 2 and found, "the child to start")
    process.stop()
    wait_until(lambda: not any(map(alive, members)), "all members to end", timeout_s=10)
    assert not state.exists()
    process.stop()  # again, as a fixture does after a test that stopped it


# The test run, as far as the programs see it: starts one, says who is who, and stays.
TEST_RUN = """
import sys, threading
from pathlib import Path
from tests.real.process import Process

def start():
    process = Process("parent", {command!r}, log_dir=Path({log_dir!r}), scratch=Path({scratch!r}))
    print(process.pid, flush=True)
    kept.append(process)

kept = []
# From a thread that ends: a parent-death signal would take that for the death of the parent.
thread = threading.Thread(target=start)
thread.start()
thread.join()
sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_nothing_outlives_a_test_run_that_is_killed(tmp_path, how):
    (state := tmp_path / "state").mkdir()
    code = TEST_RUN.format(command=PARENT_OF_TWO, log_dir=str(tmp_path), scratch=str(state))
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        program = int(run.stdout.readline())
        wait_until(lambda: len(tree(program)) == 2, "the child to start")
        members = tree(run.pid)[1:]
        assert len(members) == 3  # supervisor, program, its child
        assert all(map(alive, members))
        run.send_signal(how)
        wait_until(lambda: not any(map(alive, members)), f"all members to end after {how.name}", timeout_s=10)
    wait_until(lambda: not state.exists(), "the scratch folder to go")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a program that its parent died")
def test_a_program_dies_with_its_supervisor(tmp_path):
    with Process("sleeper", ["sleep", "600"], log_dir=tmp_path) as process:
        supervisor = int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(supervisor, signal.SIGKILL)
        wait_until(lambda: not alive(process.pid), "the program to end", timeout_s=10)


def test_a_program_that_ends_early_fails_at_once_with_the_end_of_its_log(tmp_path):
    process = Process("broken", ["sh", "-c", "echo no such flag >&2; exit 3"], log_dir=tmp_path)
    with pytest.raises(ProgramFailed, match=r"broken ended before it was healthy.*broken\.log") as failure:
        process.wait_healthy(lambda: False)
    assert "no such flag" in str(failure.value)
    assert "ended with 3" in str(failure.value)


def test_a_program_that_never_gets_healthy_is_stopped_and_named(tmp_path):
    process = Process("deaf", ["sleep", "600"], log_dir=tmp_path)
    with pytest.raises(ProgramFailed, match=r"waited 0\.2 s for deaf to be healthy"):
        process.wait_healthy(answers(f"http://127.0.0.1:{free_port()}/"), timeout_s=0.2)
    assert not alive(process.pid)


def test_a_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ProgramFailed, match="ghost did not start"):
        Process("ghost", [tmp_path / "ghost"], log_dir=tmp_path)


def test_a_program_sees_no_credentials_of_the_person_who_runs_the_tests(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "precious")
    process = Process("env", ["env"], log_dir=tmp_path, env={"GIVEN": "yes"})
    wait_until(lambda: not process.running, "env to end")
    process.stop()
    assert "GIVEN=yes" in process.log.read_text()
    assert "precious" not in process.log.read_text()


def test_ports_are_not_handed_out_twice_even_to_another_run():
    mine = {free_port() for _ in range(20)}
    code = "from tests.real.ports import free_port; print(*(free_port() for _ in range(2000)))"
    theirs = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(mine) == 20
    assert mine.isdisjoint(map(int, theirs.stdout.split()))


def test_a_condition_that_stays_false_says_what_was_waited_for():
    with pytest.raises(NeverHappened, match=r"waited 0\.01 s for rain"):
        wait_until(lambda: False, "rain", timeout_s=0.01)
