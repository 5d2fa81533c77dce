"""What stands in docs/performance.md is what was measured, where it belongs."""

import re
from pathlib import Path

import pytest

from bench import report

DOCUMENT = "# Speed\n<!-- bench: publish -->\nold\n<!-- end -->\nbetween\n<!-- bench: synth -->\n<!-- end -->\n"


def test_a_table_replaces_the_one_before_and_leaves_the_others():
    written = report.place(DOCUMENT, "publish", "| new |\n")
    assert "old" not in written
    assert written.startswith("# Speed\n<!-- bench: publish -->\n\n| new |\n\n<!-- end -->\nbetween\n")
    assert written.endswith("<!-- bench: synth -->\n<!-- end -->\n")


def test_writing_twice_is_writing_once_and_backslashes_stay():
    once = report.place(DOCUMENT, "synth", r"| \1 |")
    assert report.place(once, "synth", r"| \1 |") == once
    assert r"| \1 |" in once


def test_fails_without_a_place():
    with pytest.raises(report.NoPlace, match="bench: startup -->"):
        report.place(DOCUMENT, "startup", "| new |")


def test_the_document_has_a_place_for_each_benchmark():
    root = Path(__file__).resolve().parents[2]
    # Read as text: importing it would need what the benchmarks need.
    names = re.findall(r'^    "(\w+)": Benchmark\(', (root / "bench/__main__.py").read_text(), re.MULTILINE)
    document = (root / "docs/performance.md").read_text()
    assert len(names) == 5
    for name in names:
        report.place(document, name, "")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0123, "0.012 s"), (0.0996, "0.10 s"), (0.123, "0.12 s"), (9.94, "9.94 s"), (9.96, "10.0 s"), (123, "123.0 s")],
)
def test_seconds_have_the_digits_that_are_compared(value, text):
    assert report.seconds(value) == text


def sample(tool: str, wall_s: float, *, way: str = "loopback", job: str = "nothing changed") -> dict[str, object]:
    cost = {"wall_s": wall_s, "cpu_s": wall_s / 2, "peak_mb": 40.0}
    return {"way": way, "files": 5000, "job": job, "tool": tool, "run": cost}


def test_publish_compares_the_medians_of_each_row_with_its_fastest():
    times = {"upload": (0.1, 0.9, 0.2), "s5cmd sync": (0.4, 0.4, 0.4)}
    samples = [sample(tool, wall_s) for tool, each in times.items() for wall_s in each]
    samples.append(sample("upload", 1.0, way="TLS", job="first publish"))
    assert report.publish(samples) == (
        "**loopback**\n"
        "\n"
        "| files | job | upload | s5cmd sync |\n"
        "|---|---|---:|---:|\n"
        "| 5,000 | nothing changed | 0.20 s (1.0x) | 0.40 s (2.0x) |\n"
        "\n"
        "**TLS**\n"
        "\n"
        "| files | job | upload | s5cmd sync |\n"
        "|---|---|---:|---:|\n"
        "| 5,000 | first publish | 1.00 s (1.0x) | - |\n"
        "\n"
        "**CPU time and peak memory, loopback**\n"
        "\n"
        "| files | job | upload | s5cmd sync |\n"
        "|---|---|---:|---:|\n"
        "| 5,000 | nothing changed | 0.10 s, 40 MiB | 0.20 s, 40 MiB |"
    )
