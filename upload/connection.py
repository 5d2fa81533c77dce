"""How to reach a store: credentials as boto3 would find them, and the client options of obstore."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from upload.errors import StoreFailed
from upload.target import Target

if TYPE_CHECKING:
    from obstore.store import ClientConfig


def client_options(target: Target, environment: Mapping[str, str]) -> "ClientConfig":
    """Time limits, plain HTTP where the endpoint asks for it, and the CA bundle of the AWS tools."""
    options: ClientConfig = {"connect_timeout": "5s", "timeout": "60s"}
    if target.endpoint and target.endpoint.startswith("http://"):
        options["allow_http"] = True
    if bundle := environment.get("AWS_CA_BUNDLE"):
        try:
            with open(bundle, "rb") as stream:
                options["root_certificate"] = stream.read()
        except OSError as error:
            raise StoreFailed(f"AWS_CA_BUNDLE names {bundle}, which cannot be read: {error.strerror}") from error
    return options


def credentials(environment: Mapping[str, str]) -> dict[str, Any]:
    """What boto3 would use, as arguments of S3Store. Raises StoreFailed if there are none.

    Keys in the environment win over profiles in boto3 too, so that they can be taken without loading it.
    """
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if key and secret:
        token = environment.get("AWS_SESSION_TOKEN")
        return {"access_key_id": key, "secret_access_key": secret} | ({"session_token": token} if token else {})
    import botocore.session
    from botocore.exceptions import BotoCoreError
    from obstore.auth.boto3 import Boto3CredentialProvider

    advice = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    try:
        session = botocore.session.get_session()
        if (found := session.get_credentials()) is None:
            raise StoreFailed(f"no AWS credentials found: {advice}")
        found.get_frozen_credentials()  # an expired login shows here, not as a failed request
        return {"credential_provider": Boto3CredentialProvider(session)}
    except BotoCoreError as error:
        raise StoreFailed(f"no AWS credentials can be had: {' '.join(str(error).split())}; {advice}") from error
