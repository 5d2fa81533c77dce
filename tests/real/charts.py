"""A Helm repository on loopback, for HelmRelease objects: source-controller fetches charts over plain HTTP."""

import functools
import io
import json
import os
import tarfile
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import yaml

from tests.real import programs


class ChartMissing(Exception):
    """A chart lies nowhere on this machine and cannot be fetched."""


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def running_chart_repository(folder: Path) -> Iterator[str]:
    """Serves `folder`, which `add_chart` fills; yields the URL for a HelmRepository."""
    handler = functools.partial(_Files, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def add_chart(folder: Path, name: str, templates: Mapping[str, str], *, version: str = "1.0.0") -> None:
    """Packs a chart of these templates and lists it; other charts of the folder stay listed."""
    chart = {"apiVersion": "v2", "name": name, "version": version}
    files = {"Chart.yaml": json.dumps(chart), "values.yaml": "{}"}
    files |= {f"templates/{path}": text for path, text in templates.items()}
    package = folder / f"{name}-{version}.tgz"
    with tarfile.open(package, "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    list_chart(folder, package)


def list_chart(folder: Path, package: Path) -> None:
    """Lists a package that lies in the folder, by what its Chart.yaml says."""
    with tarfile.open(package) as archive:
        (file,) = (name for name in archive.getnames() if name.count("/") == 1 and name.endswith("/Chart.yaml"))
        chart = yaml.safe_load(archive.extractfile(file) or b"")
    # JSON is YAML.
    index_file = folder / "index.yaml"
    index: dict[str, Any] = {"apiVersion": "v1", "entries": {}}
    if index_file.exists():
        index = json.loads(index_file.read_text())
    index["entries"].setdefault(chart["name"], []).append(chart | {"urls": [package.name]})
    index_file.write_text(json.dumps(index))


def kept_chart(name: str, version: str, *, repository: str) -> Path:
    """The package of somebody else's chart: from the cache, where it may have been put by hand, or the repository.

    Raises ChartMissing.
    """
    package = programs.cache() / "charts" / f"{name}-{version}.tgz"
    if not package.exists():
        try:
            content = _fetched(name, version, repository)
        except (OSError, LookupError) as error:
            raise ChartMissing(f"chart {name} {version}") from error
        package.parent.mkdir(parents=True, exist_ok=True)
        # Renamed when complete: a run that is killed must not leave half a chart.
        fresh = package.with_name(f"{package.name}.{os.getpid()}")
        fresh.write_bytes(content)
        fresh.replace(package)
    return package


def _fetched(name: str, version: str, repository: str) -> bytes:
    with urllib.request.urlopen(f"{repository}/index.yaml", timeout=10) as index:
        urls = {one["version"]: one["urls"][0] for one in yaml.safe_load(index)["entries"][name]}
    with urllib.request.urlopen(urljoin(f"{repository}/", urls[version]), timeout=60) as response:
        content: bytes = response.read()
        return content
