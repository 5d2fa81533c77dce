"""Checks of what a construct is given, before it creates anything."""

from collections.abc import Callable, Iterable

from cdktf import Token

from bucketops import rules


def check(name: str, value: str, rule: Callable[[str], None]) -> None:
    """Raise ValueError if `value` breaks a rule of `bucketops.rules`.

    A token passes: what it stands for is known to Terraform alone.
    """
    if Token.is_unresolved(value):
        return
    try:
        rule(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def check_each(name: str, values: Iterable[str], rule: Callable[[str], None]) -> None:
    """Raise ValueError if there are no values, or one of them breaks the rule."""
    values = list(values)
    if not values:
        raise ValueError(f"{name}: none given, expected at least one")
    for value in values:
        check(name, value, rule)


def check_at_least(name: str, value: int, least: int) -> None:
    """Raise ValueError if a number is too small."""
    if not Token.is_unresolved(value) and value < least:
        raise ValueError(f"{name}: {value} is too small, expected at least {least}")


def folder_prefix(value: str) -> str:
    """What keys of an environment have before live/: "staging" and "staging/" are the same; "" is the bucket itself."""
    folder = value.removesuffix("/")
    if folder:
        check("prefix", folder, rules.bucket_folder)
    return f"{folder}/" if folder else ""
