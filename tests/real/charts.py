"""A Helm repository on loopback, for HelmRelease objects: source-controller fetches charts over plain HTTP."""

import functools
import io
import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


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
    package = f"{name}-{version}.tgz"
    with tarfile.open(folder / package, "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    # JSON is YAML.
    index_file = folder / "index.yaml"
    index: dict[str, Any] = {"apiVersion": "v1", "entries": {}}
    if index_file.exists():
        index = json.loads(index_file.read_text())
    index["entries"].setdefault(name, []).append(chart | {"urls": [package]})
    index_file.write_text(json.dumps(index))
