"""Where somebody else's chart is found: in the cache, else in its repository."""

from pathlib import Path

import pytest

from tests.real.charts import ChartMissing, add_chart, kept_chart, running_chart_repository


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "cache/bucketops/charts"


def test_a_chart_that_was_put_into_the_cache_is_taken_from_there(cache: Path):
    cache.mkdir(parents=True)
    (cache / "shop-1.0.0.tgz").write_bytes(b"by hand")
    assert kept_chart("shop", "1.0.0", repository="http://127.0.0.1:1").read_bytes() == b"by hand"


def test_another_is_fetched_from_its_repository_once(cache: Path, tmp_path: Path):
    (served := tmp_path / "served").mkdir()
    for version in ("1.0.0", "1.1.0"):
        add_chart(served, "shop", {"notes.txt": version}, version=version)
    with running_chart_repository(served) as url:
        kept = kept_chart("shop", "1.1.0", repository=url)
    assert kept.read_bytes() == (served / "shop-1.1.0.tgz").read_bytes()
    assert kept_chart("shop", "1.1.0", repository=url) == kept


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_a_chart_that_is_nowhere_is_named(tmp_path: Path, version: str):
    (served := tmp_path / "served").mkdir()
    add_chart(served, "shop", {})
    with running_chart_repository(served) as url:
        url = "http://127.0.0.1:1" if version == "1.0.0" else url
        with pytest.raises(ChartMissing, match=f"chart shop {version}"):
            kept_chart("shop", version, repository=url)
