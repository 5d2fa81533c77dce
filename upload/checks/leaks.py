"""Files that nobody means to publish: keys, credentials and state, by what is in them. Pure."""

import posixpath
import re

from upload.checks.finding import Finding
from upload.checks.manifest import is_encrypted
from upload.walk import IGNORE_FILE

# With some of the key itself, in lines or as JSON writes them: texts about keys name only the first line.
_PRIVATE_KEY = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s)+(?:[\w-]+: .*\s+)*[A-Za-z0-9+/=]{40}"
)
_AGE_KEY = re.compile(rb"AGE-SECRET-KEY-1[0-9A-Z]{50}")
_KUBECONFIG = (
    re.compile(rb"^[\"' {]*kind[\"']?: *[\"']?Config[\"',]*\s*$", re.MULTILINE),
    re.compile(rb"^[\"' ]*(?:users|clusters)[\"']?:", re.MULTILINE),
)
_STATE = (b'"terraform_version"', b'"lineage"', b'"serial"')
_STATE_HEAD = 1000  # bytes; Terraform writes these first
_SAMPLES = ("example", "sample", "template", "dist")  # .env.example and the like are made to be shared
_REMEDY = f"name it in {IGNORE_FILE}, or move it away"


def leak(path: str, content: bytes) -> Finding | None:
    """What must not be in the bucket, by content; None for all else."""
    if b"PRIVATE KEY" in content and (found := _PRIVATE_KEY.search(content)):
        return _finding(path, "holds a private key", content, found.start())
    if b"AGE-SECRET-KEY-" in content and (found := _AGE_KEY.search(content)):
        return _finding(path, "holds an age key, which opens everything SOPS has encrypted", content, found.start())
    if b"Config" in content and all(pattern.search(content) for pattern in _KUBECONFIG):
        return _finding(path, "is a kubeconfig")
    head = content[:_STATE_HEAD]
    if all(word in head for word in _STATE):
        return _finding(path, "is a Terraform state, which holds secrets in plain text")
    return None


def environment_leak(path: str, content: bytes) -> Finding | None:
    """A file of environment variables, by its name."""
    name = posixpath.basename(path)
    is_environment = name == ".env" or (name.startswith(".env.") and not name.endswith(_SAMPLES))
    if not is_environment or not content.strip() or is_encrypted(content):
        return None
    return _finding(path, "is a file of environment variables, which often are secrets")


def _finding(path: str, what: str, content: bytes = b"", offset: int = 0) -> Finding:
    line = content.count(b"\n", 0, offset) + 1 if content else None
    return Finding(path, line, "state-file", f"{what}: {_REMEDY}")
