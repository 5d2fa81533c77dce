"""Trees to publish: Deployments of about 1.7 KB, as the Sock Shop's, twenty to a folder."""

import os
import time
from pathlib import Path

_MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: shop
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: shop
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
        app.kubernetes.io/part-of: shop
      annotations:
        shop.example.com/build: "{build:06d}"
    spec:
      automountServiceAccountToken: false
      containers:
        - name: {name}
          image: example.com/shop/{name}:1.{build:06d}
          imagePullPolicy: IfNotPresent
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: JAVA_OPTS
              value: "-Xms64m -Xmx128m -XX:+UseG1GC -Djava.security.egd=file:/dev/urandom"
            - name: ZIPKIN
              value: zipkin.jaeger.svc.cluster.local
          resources:
            requests:
              cpu: 100m
              memory: 200Mi
            limits:
              cpu: 500m
              memory: 500Mi
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            readOnlyRootFilesystem: true
            capabilities:
              drop: [all]
              add: [NET_BIND_SERVICE]
          livenessProbe:
            httpGet: {{path: /health, port: http}}
            initialDelaySeconds: 300
            periodSeconds: 3
          readinessProbe:
            httpGet: {{path: /health, port: http}}
            initialDelaySeconds: 180
            periodSeconds: 3
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {{medium: Memory}}
      nodeSelector:
        kubernetes.io/os: linux
"""


def paths(count: int) -> list[str]:
    """The files of a tree of that size."""
    return [f"part-{number // 20:03d}/app-{number:05d}.yaml" for number in range(count)]


def make(root: Path, count: int) -> None:
    """Write a tree of `count` files."""
    for path in paths(count):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(_content(path, build=0))


def edit(root: Path, count: int, *, changed: int, build: int) -> None:
    """Give `changed` files, spread over the tree, another content of the same size and a later time."""
    for path in paths(count)[:: max(1, count // changed)][:changed]:
        (root / path).write_text(_content(path, build=build))
        _date(root / path, minutes=build)


def touch(root: Path, count: int, *, minutes: int) -> None:
    """Give all files a later time, as a fresh checkout does."""
    for path in paths(count):
        _date(root / path, minutes=minutes)


def _date(path: Path, *, minutes: int) -> None:
    # In the future: the peers compare with the time of the upload, which stores keep in whole seconds.
    later = time.time() + 60 * minutes
    os.utime(path, (later, later))


def _content(path: str, *, build: int) -> str:
    return _MANIFEST.format(name=Path(path).stem, build=build)
