"""The deploy hook: `terraform apply` publishes a directory as a release."""

import sys
from collections.abc import Sequence
from pathlib import Path

from cdktf import DataResource, ITerraformDependable, LocalExecProvisioner
from constructs import Construct

from bucketops import rules
from bucketops.arguments import check, folder_prefix
from upload.source import DEFAULT_SOURCE, read_release


class Publication(Construct):
    """Publishes `directory` to a bucket with `python -m upload` when what it holds has changed.

    The directory is read at synth; if it is another one by the time of the apply, the hook refuses. A hook that
    fails runs again at the next apply. Nothing is deleted on destroy: Terraform runs destroy provisioners when
    a trigger changes, too. Credentials come from the environment of whoever applies and go nowhere else.

    Raises upload.errors.UploadError if the directory cannot be published. The child id `hook` is interface.
    """

    release_id: str
    hook: DataResource  # depend on it to run after the publication

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        directory: str | Path,
        bucket_name: str,
        region: str,
        endpoint: str | None = None,  # URL of an S3 server other than AWS
        source_name: str = DEFAULT_SOURCE,  # the Flux Bucket that reads it; Kustomizations in the tree name it
        prefix: str = "",  # where in the bucket, for one of several environments: "staging/"
        depends_on: Sequence[ITerraformDependable] = (),  # what must be there before anything is published
    ) -> None:
        check("bucket_name", bucket_name, rules.bucket_name)
        check("region", region, rules.aws_region)
        if endpoint is not None:
            check("endpoint", endpoint, rules.endpoint_url)
        check("source_name", source_name, rules.resource_name)
        prefix = folder_prefix(prefix)
        tree = Path(directory).resolve()
        self.release_id = read_release(tree, source=source_name, prefix=prefix).id
        super().__init__(scope, id)
        publish = [sys.executable, "-m", "upload", "publish", str(tree)]
        where = ["--bucket", bucket_name, "--region", region, *(["--endpoint", endpoint] if endpoint else [])]
        below = ["--prefix", prefix] if prefix else []
        self.hook = DataResource(
            self,
            "hook",
            # The bucket, too: another one is empty, and has to be filled. No secrets here, both are printed.
            triggers_replace={
                "release": self.release_id,
                "bucket": f"{bucket_name}/{prefix}" if prefix else bucket_name,
            },
            depends_on=list(depends_on),
            provisioners=[
                LocalExecProvisioner(
                    type="local-exec",
                    # Terraform runs interpreter + [command]: an argument list without a shell, nothing to quote.
                    interpreter=[*publish, *where, *below, "--source", source_name, "--expect"],
                    command=self.release_id,
                )
            ],
        )

    @property
    def address(self) -> str:
        """The hook, as `depends_on` in the JSON names it."""
        return f"{self.hook.terraform_resource_type}.{self.hook.friendly_unique_id}"
