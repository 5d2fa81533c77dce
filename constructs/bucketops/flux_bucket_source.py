"""The Flux side of a bucket: a Bucket that polls it, and the Secret it reads it with.

Expects Flux from an earlier stack and a kubernetes provider in scope.
"""

from functools import partial
from urllib.parse import urlsplit

from cdktf import Token
from cdktf_cdktf_provider_kubernetes.manifest import Manifest
from cdktf_cdktf_provider_kubernetes.secret_v1 import SecretV1, SecretV1Metadata
from constructs import Construct

from bucketops import manifests, rules
from bucketops.arguments import check
from bucketops.flux_object import flux_object, until_handled, until_ready
from bucketops.publication import Publication

FETCH_TIMEOUT_MINUTES = 1  # what the Bucket's own timeout, 60s, comes to


class FluxBucketSource(Construct):
    """Makes Flux fetch one folder of an S3 bucket.

    Alone it is done when Flux has read the bucket; with `follow`, when Flux has fetched that release. `path` is
    "live" for a bucket of ours; another one reads what others put there file by file, with all that is lost
    by that. The child ids `secret` and `bucket` are interface: renaming one replaces the object.
    """

    bucket_name: str
    region: str
    endpoint: str | None
    path: str
    name: str
    namespace: str
    secret: SecretV1
    source: Manifest  # depend on it to run after the fetch

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str,
        region: str,
        access_key: str,
        secret_key: str,
        endpoint: str | None = None,  # URL of an S3 server other than AWS: "http://minio.minio.svc:9000"
        path: str = "live",
        name: str = "aws-bucket",
        secret_name: str = "flux-bucket-secret",
        namespace: str = "flux-system",
        interval: str = "1m",
    ) -> None:
        check("bucket_name", bucket_name, rules.bucket_name)
        check("region", region, rules.aws_region)
        check("path", path, rules.bucket_folder)
        check("name", name, rules.resource_name)
        check("secret_name", secret_name, rules.resource_name)
        check("namespace", namespace, rules.resource_name)
        check("interval", interval, rules.duration)
        host, insecure = _split(endpoint, region)
        super().__init__(scope, id)
        self.secret = SecretV1(
            self,
            "secret",
            metadata=SecretV1Metadata(name=secret_name, namespace=namespace),
            data={"accesskey": access_key, "secretkey": secret_key},
        )
        self._manifest = partial(
            manifests.bucket,
            name=name,
            namespace=namespace,
            bucket_name=bucket_name,
            endpoint=host,
            insecure=insecure,
            region=region,
            prefix=f"{path}/",
            secret=secret_name,
            interval=interval,
        )
        self.source = flux_object(
            self,
            "bucket",
            manifest=self._manifest(),
            wait=until_ready(),
            timeout_minutes=FETCH_TIMEOUT_MINUTES,
            # A source that cannot log in backs off, and the apply would wait for the retry.
            depends_on=[self.secret],
        )
        self.bucket_name = bucket_name
        self.region = region
        self.endpoint = endpoint
        self.path = path
        self.name = name
        self.namespace = namespace

    def follow(self, publication: Publication) -> None:
        """Run after the publication, make Flux fetch at once, and be done when it has fetched that release."""
        self.source.manifest = self._manifest(requested_at=publication.release_id)
        self.source.put_wait(fields=until_handled(publication.release_id).fields)
        before = self.source.depends_on or []
        self.source.depends_on = [*before, publication.address]


def _split(endpoint: str | None, region: str) -> tuple[str, bool]:
    """The endpoint as Flux wants it: host and port without scheme, and whether that is plain http."""
    if endpoint is None:
        return f"s3.{region}.amazonaws.com", False
    if Token.is_unresolved(endpoint):
        raise ValueError("endpoint: got a token, expected text: its scheme decides about the Bucket's fields")
    check("endpoint", endpoint, rules.endpoint_url)
    url = urlsplit(endpoint)
    return url.netloc, url.scheme == "http"
