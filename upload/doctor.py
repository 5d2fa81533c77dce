"""Look at everything a publish and Flux depend on, and say what is wrong before it hurts."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from upload.errors import UploadError
from upload.plan import md5
from upload.release import HISTORY, LIVE, POINTER
from upload.s3 import Bucket

if TYPE_CHECKING:
    from upload.cluster import Cluster

_SKEW_S = 60  # S3 refuses requests that are off by 15 minutes, and records are sorted by this clock
_OLDEST_FLUX = (2, 4)  # the first that serves source.toolkit.fluxcd.io/v1 Buckets


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the report."""

    name: str
    state: Literal["ok", "warn", "fail"]
    text: str  # what was found; for warn and fail also what to do


def examine_bucket(bucket: Bucket) -> Iterator[Check]:
    """The store, as the publisher uses it. Writes and removes one object, history/.probe-<random>."""
    try:
        listing = bucket.list(LIVE)
    except UploadError as error:
        yield Check(name="list", state="fail", text=str(error))
        return  # the rest would say the same
    yield Check(name="list", state="ok", text=f"{len(listing)} objects under {LIVE}")
    yield from _probe_writes(bucket)
    yield from _settings(bucket)
    if POINTER not in listing:
        yield Check(name="live", state="warn", text="nothing is live yet: publish with `python -m upload`")
        return
    from upload.live import look_at_live

    live = look_at_live(bucket)
    if live.missing or live.problem:
        yield Check(name="live", state="fail", text=f"release {live.release} is not whole: publish again to repair it")
    else:
        yield Check(name="live", state="ok", text=f"release {live.release} is whole")
    if live.foreign:
        text = f"not from a publish, and Flux fetches it too: {', '.join(live.foreign[:3])}: move it out of {LIVE}"
        yield Check(name="foreign", state="warn", text=text)


def examine_cluster(bucket: Bucket, cluster: "Cluster") -> Iterator[Check]:
    """The Flux objects, and whether they read this bucket."""
    try:
        source, kustomization = cluster.bucket(), cluster.kustomization()
    except UploadError as error:
        yield Check(name="cluster", state="fail", text=str(error))
        return
    yield Check(name="cluster", state="ok", text=cluster.server)
    yield _version(cluster)
    spec, target = source["spec"], bucket.target
    prefix = f"{target.prefix}{LIVE}"
    if (spec.get("bucketName"), spec.get("prefix")) == (target.bucket, prefix):
        yield Check(name="source", state="ok", text=f"reads {prefix} of {target.bucket}")
    else:
        found = f"{spec.get('prefix', '')!r} of {spec.get('bucketName')}"
        text = f"the Bucket reads {found}, publishes go to {prefix!r} of {target.bucket}: name the other, or deploy"
        yield Check(name="source", state="fail", text=text)
    path = str(kustomization["spec"].get("path", "")).removeprefix("./").strip("/")
    if kustomization["spec"].get("prune") and not path:
        text = "the Kustomization applies the root with prune: an empty bucket removes everything: set path: ./live"
        yield Check(name="path", state="fail", text=text)
    for object in (source, kustomization):
        if object["spec"].get("suspend"):
            text = f"{object['kind']} {object['metadata']['name']} is suspended: resume it with `flux resume`"
            yield Check(name="suspended", state="warn", text=text)
    yield from _reader(bucket, cluster, source)


def _probe_writes(bucket: Bucket) -> Iterator[Check]:
    key = f"{HISTORY}.probe-{secrets.token_hex(4)}"
    try:
        first = bucket.add(key, b"first")
        again = bucket.add(key, b"second")
        wrong = bucket.replace(key, b"third", etag=md5(b"wrong"))
        found = bucket.read(key)
        bucket.delete([key])
    except UploadError as error:
        yield Check(name="write", state="fail", text=str(error))
        return
    yield Check(name="write", state="ok", text="objects can be written, read and removed")
    if first and not again and wrong is None and found and found[0] == b"first":
        yield Check(name="conditional", state="ok", text="conditional writes are kept to: publishers cannot overwrite")
    else:
        text = "the store ignores If-Match: two publishers at once can overwrite each other, let only one publish"
        yield Check(name="conditional", state="fail", text=text)
    if found and found[1] != md5(found[0]):
        text = "ETags are no MD5s (SSE-KMS?): works, with one more request; SSE-S3 saves it"
        yield Check(name="etags", state="warn", text=text)


def _settings(bucket: Bucket) -> Iterator[Check]:
    """What only boto3 can ask. A store that does not know a question is no problem."""
    client: Any = bucket.client()
    name = bucket.target.bucket

    def ask(question: Callable[[], Any]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return question()
        except (BotoCoreError, ClientError):
            return None

    head = ask(lambda: client.head_bucket(Bucket=name))
    if head:
        headers = head["ResponseMetadata"]["HTTPHeaders"]
        region = headers.get("x-amz-bucket-region")
        if region and region != bucket.target.region:
            text = f"the bucket is in {region}, not in {bucket.target.region}: set --region or BUCKETOPS_REGION"
            yield Check(name="region", state="fail", text=text)
        if "date" in headers:
            yield _clock(headers["date"])
    encryption = ask(lambda: client.get_bucket_encryption(Bucket=name))
    if encryption:
        (rule, *_) = encryption["ServerSideEncryptionConfiguration"]["Rules"]
        used = rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
        yield Check(name="encryption", state="ok", text=used)
    versioning = ask(lambda: client.get_bucket_versioning(Bucket=name))
    if versioning is not None and versioning.get("Status") != "Enabled":
        yield Check(name="versioning", state="warn", text="off: what is deleted by mistake is gone; turn it on")
    access = ask(lambda: client.get_public_access_block(Bucket=name))
    if access and not all(access["PublicAccessBlockConfiguration"].values()):
        yield Check(name="public access", state="warn", text="not blocked altogether: block it, manifests are nobody's")
    if ask(lambda: client.head_object(Bucket=name, Key=".sourceignore")):
        text = "the bucket has a .sourceignore: Flux leaves out what it names, and revisions printed here are off"
        yield Check(name="sourceignore", state="warn", text=text)


def _clock(date: str) -> Check:
    from email.utils import parsedate_to_datetime

    skew = abs((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())
    if skew > _SKEW_S:
        return Check(name="clock", state="fail", text=f"off by {skew:.0f} s from the store's: set the clock")
    return Check(name="clock", state="ok", text="agrees with the store's")


def _version(cluster: "Cluster") -> Check:
    try:
        version = cluster.flux_version()
    except UploadError as error:
        return Check(name="flux", state="warn", text=str(error))
    if version is None:
        return Check(name="flux", state="warn", text="its version cannot be told: no Deployment source-controller")
    numbers = tuple(int(part) for part in version.lstrip("v").split(".")[:2] if part.isdigit())
    if numbers < _OLDEST_FLUX:
        text = f"{version} is too old: Buckets of source.toolkit.fluxcd.io/v1 need 2.4"
        return Check(name="flux", state="fail", text=text)
    return Check(name="flux", state="ok", text=version)


def _reader(bucket: Bucket, cluster: "Cluster", source: Any) -> Iterator[Check]:
    """The reader's key: what Flux says of it, and what it may do, tried with the key itself."""
    from upload.flux import condition
    from upload.revision import shorten

    failed = condition(source, "FetchFailed")
    if failed.get("status") == "True":
        text = f"Flux cannot read the bucket, {failed.get('reason')}: {shorten(str(failed.get('message')))}"
        yield Check(name="reader", state="fail", text=f"{text}: check the Secret and the reader's policy")
        return
    try:
        keys = cluster.reader_keys(source)
    except UploadError as error:
        yield Check(name="reader", state="warn", text=f"its key cannot be tried: {error}")
        return
    if not keys:
        yield Check(name="reader", state="ok", text="has no key of its own: Flux finds its credentials in its pod")
        return
    reader = Bucket(bucket.target, keys)
    try:
        reader.list(LIVE)
        reader.read(POINTER)
        reader.read(".sourceignore")  # Flux asks for it, and takes "not found", not "forbidden"
    except UploadError as error:
        yield Check(name="reader", state="fail", text=f"with the key of the Secret: {error}")
        return
    yield Check(name="reader", state="ok", text=f"the key of the Secret reads {LIVE}")
    try:
        reader.list(HISTORY)
        reader.read(f"{HISTORY}.probe")
        text = f"the key of the Secret reads {HISTORY} too: limit its policy to {LIVE}"
        yield Check(name="reader limits", state="warn", text=text)
    except UploadError:
        yield Check(name="reader limits", state="ok", text=f"it reads nothing but {LIVE}")
