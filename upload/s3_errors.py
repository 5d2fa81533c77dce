"""What a store's refusal means, and what to do about it."""

import re

from upload.target import Target

RETRY_S = 20  # a network that is gone should not look like a hang; obstore's own default is three minutes

_ERROR_CODE = re.compile(r"<Code>(\w+)</Code>")  # S3's error document, which obstore passes on as text
_STATUS = re.compile(r"status code: (\d{3})")
_BY_STATUS = {"301": "PermanentRedirect", "400": "AuthorizationHeaderMalformed", "403": "AccessDenied"}
_ADVICE = {
    "NoSuchBucket": "bucket {bucket} does not exist at {where}: run `cdktf deploy bucket` or correct the name",
    "AccessDenied": "access denied to {action} in {bucket}: the credentials' policy must allow it",
    "InvalidAccessKeyId": "the AWS access key is not known at {where}: check AWS_ACCESS_KEY_ID or AWS_PROFILE",
    "SignatureDoesNotMatch": "the AWS secret key is wrong for {where}: check AWS_SECRET_ACCESS_KEY or AWS_PROFILE",
    "ExpiredToken": "the AWS session has expired: log in again, for example with `aws sso login`",
    "InvalidToken": "the AWS session token is not valid at {where}: check AWS_SESSION_TOKEN",
    "RequestTimeTooSkewed": "this machine's clock is too far from that of {where}: set the clock",
    "PermanentRedirect": "bucket {bucket} is not in region {region}: give its own with --region",
    "AuthorizationHeaderMalformed": "bucket {bucket} is not in region {region}: give its own with --region",
    "IllegalLocationConstraintException": "bucket {bucket} is not in region {region}: give its own with --region",
}


def code_of(error: Exception) -> str | None:
    """S3's error code from what obstore raised, else the HTTP status; None if the store did not answer at all."""
    text = str(error)
    found = _ERROR_CODE.search(text) or _STATUS.search(text)
    return found[1] if found else None


def explain(code: str | None, action: str, target: Target) -> str:
    """One line: what was refused, where, and what to do. `action` is a verb and a key: "write live/a"."""
    where = target.host
    if code is None:
        return f"cannot reach {where} to {action} in {target.bucket}: check the network, the endpoint and the region"
    advice = _ADVICE.get(_BY_STATUS.get(code, code), "{where} answered {code} to {action} in {bucket}: try again later")
    return advice.format(bucket=target.bucket, region=target.region, where=where, action=action, code=code)
