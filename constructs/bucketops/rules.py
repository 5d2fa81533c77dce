"""What names, versions and addresses must look like: the rules that settings and constructs share. Pure.

Each rule takes text and raises ValueError with the value and what is allowed; the caller says which setting
or argument it was.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_BUCKET_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?![.-])){1,61}[a-z0-9]")
_HOST_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# A duration as Flux' custom resources take it: "90s", "1h30m".
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h))+")


def _match(pattern: str, value: str, expected: str) -> None:
    if not re.fullmatch(pattern, value):
        raise ValueError(f"{value!r} is not {expected}")


def bucket_name(value: str) -> None:
    """S3's rules for general purpose buckets."""
    if not _BUCKET_NAME.fullmatch(value) or "-." in value or _is_ip_address(value):
        raise ValueError(
            f"{value!r} is not a bucket name: 3 to 63 of a-z, 0-9, '-' and single '.', "
            "starting and ending with a letter or digit, and no IP address"
        )


def aws_region(value: str) -> None:
    _match(r"[a-z]{2,3}(?:-[a-z]+)+-[0-9]+", value, "an AWS region, expected for example 'eu-central-1'")


def civo_region(value: str) -> None:
    _match(r"[A-Z]{3}[0-9]+", value, "a Civo region, expected LON1, FRA1, NYC1, PHX1, MUM1 or the like")


def node_size(value: str) -> None:
    """Sizes without `.kube.` are those of Civo's plain instances; the cluster API refuses them late."""
    size = r"[a-z0-9]+(?:\.[a-z0-9]+)*\.kube\.[a-z0-9]+"
    _match(size, value, "a size of Kubernetes nodes, expected for example 'g4s.kube.medium'")


def k3s_version(value: str) -> None:
    _match(r"v?\d+\.\d+\.\d+-k3s\d+", value, "a k3s version as Civo writes it, expected for example '1.35.0-k3s1'")


def resource_name(value: str) -> None:
    """The part Kubernetes and Civo agree on: a DNS label."""
    if not _HOST_LABEL.fullmatch(value):
        raise ValueError(
            f"{value!r} is not a name: 1 to 63 of a-z, 0-9 and '-', starting and ending with a letter or digit"
        )


def cidr(value: str) -> None:
    try:
        ipaddress.IPv4Network(value)
    except ValueError as error:
        hint = f", did you mean {_network_of(value)!r}" if "host bits" in str(error) else ""
        raise ValueError(
            f"{value!r} is not an IPv4 network in CIDR notation, expected for example '203.0.113.7/32'{hint}"
        ) from None


def host_name(value: str) -> None:
    labels = value.split(".")
    if len(labels) < 2 or len(value) > 253 or not all(map(_HOST_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise ValueError(f"{value!r} is not a host name, expected for example 'shop.example.com'")


def endpoint_url(value: str) -> None:
    url = urlsplit(value)
    if not _is_server(url, "http", "https") or url.path not in ("", "/"):
        raise ValueError(
            f"{_without_login(value)!r} is not the URL of an S3 server, expected http(s)://host[:port], "
            "for example 'https://s3.example.com:9000'"
        )


def chart_repository(value: str) -> None:
    if not _is_server(urlsplit(value), "http", "https", "oci"):
        raise ValueError(
            f"{_without_login(value)!r} is not the URL of a chart repository, expected http(s):// or oci://, "
            "for example 'https://charts.example.com/flux'"
        )


def _is_server(url: SplitResult, *schemes: str) -> bool:
    """Without a login, which would stand in plans and in the state."""
    try:
        port_is_valid = url.port != 0
    except ValueError:
        port_is_valid = False
    bare = not url.query and not url.fragment and "@" not in url.netloc
    return url.scheme in schemes and bool(url.hostname) and bare and port_is_valid


def _without_login(url: str) -> str:
    """Fit to be printed."""
    return re.sub("//.*@", "//...@", url)


def bucket_folder(value: str) -> None:
    """A folder inside a bucket, and never the bucket itself: an empty one makes Flux prune the whole cluster."""
    parts = value.split("/")
    if not all(parts) or {".", ".."} & set(parts) or not value.isprintable():
        raise ValueError(
            f"{value!r} is not a folder of the bucket, expected for example 'live' or 'clusters/shop', "
            "without '/' at either end, '.' or '..'"
        )


def duration(value: str) -> None:
    if not _DURATION.fullmatch(value):
        raise ValueError(f"{value!r} is not a duration, expected for example '90s', '1m' or '1h30m'")


def _is_ip_address(value: str) -> bool:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return True


def _network_of(value: str) -> str:
    return str(ipaddress.IPv4Network(value, strict=False))
