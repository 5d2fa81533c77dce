"""What the commands print, as text and as data. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from upload.revision import short, shorten

if TYPE_CHECKING:
    from upload.flux import Row
    from upload.live import Live
    from upload.plan import Plan, Published
    from upload.record import Record
    from upload.target import Target


def published_line(done: "Published", *, seconds: float, applied: bool = False) -> str:
    """The closing line of a publish; `applied` if Flux has said so."""
    revision = f"revision {short(done.revision)}{' applied' if applied else ''}"
    if not done.changed:
        return f"release {done.release} is live already, nothing to do, {revision}, {seconds:.1f} s"
    parts = [f"release {done.release} is live"]
    if done.switched:
        parts.append(f"{done.written} files new, {done.kept} kept")
        if done.previous:
            parts.append(f"was {done.previous}")
    elif done.written:
        parts.append(f"was live already: {done.written} files repaired, {done.kept} intact")
    if done.removed:
        parts.append(f"{len(done.removed)} old {'release' if len(done.removed) == 1 else 'releases'} removed")
    return ", ".join([*parts, revision, f"{seconds:.1f} s"])


def warnings(done: "Published") -> list[str]:
    """What is worth a look, although the publish went well."""
    if not done.foreign:
        return []
    return [f"warning: not from a publish, and Flux fetches it too: {_some(done.foreign)}"]


def plan_facts(plan: "Plan") -> dict[str, Any]:
    """`publish --dry-run --json`."""
    return {
        "release": plan.release.id,
        "previous": plan.live,
        "changed": not plan.is_empty,
        "switched": plan.switch,
        "write": [file.path for file in plan.missing],
        "kept": plan.kept,
        "removed": list(plan.remove),
        "foreign": list(plan.foreign),
    }


def plan_lines(plan: "Plan", target: "Target") -> list[str]:
    """`publish --dry-run`."""
    if plan.is_empty:
        return [f"release {plan.release.id} is live already in {target}, nothing would be done"]
    lines = [f"would write {file.path}, {file.size} bytes" for file in plan.missing]
    if plan.switch:
        lines.append(f"would switch from {plan.live or 'nothing'} to {plan.release.id}")
    lines += [f"would remove release {id}, which history keeps" for id in plan.remove]
    return [*lines, f"nothing was written to {target}: {len(plan.missing)} files new, {plan.kept} kept"]


def history_facts(records: "list[Record]", live: str | None) -> list[dict[str, Any]]:
    """`history --json`: the stored records, newest first, each with `live`."""
    from dataclasses import asdict

    return [asdict(record) | {"live": record is _live_record(records, live)} for record in records]


def history_lines(records: "list[Record]", live: str | None, target: "Target") -> list[str]:
    """`history`: one line a publish."""
    if not records:
        return [f"no publishes in {target} yet"]
    shown = _live_record(records, live)
    rows = [
        (
            "*" if record is shown else "",
            record.release,
            record.time[:19].replace("T", " "),
            record.author,
            str(record.files),
            (record.commit or "-")[:7] + ("*" if (record.commit or "").endswith("-dirty") else ""),
            short(record.revision),
            record.message or "",
        )
        for record in records
    ]
    lines = _table([("", "RELEASE", "TIME (UTC)", "AUTHOR", "FILES", "COMMIT", "REVISION", "MESSAGE"), *rows])
    if live and shown is None:
        lines.append(f"live is {live}, which is not among these: see more with -n, or its publish was cut short")
    return lines


def status_lines(
    live: "Live", record: "Record | None", rows: "list[Row]", target: "Target", *, in_sync: bool
) -> list[str]:
    """`status`: what is live, who did that, and one line for each Flux object."""
    lines = [f"bucket    {target}", f"live      {live.release}, revision {short(live.revision)}"]
    if record:
        how = {"publish": "published", "rollback": "rolled back to", "promote": "promoted"}[record.action]
        why = f": {record.message}" if record.message else ""
        lines.append(f"          {how} by {record.author} at {record.time}{why}")
        if record.action == "rollback":
            lines.append("          `cdktf deploy` of an unchanged tree leaves it so; `python -m upload` goes forward")
    else:
        lines.append("          without a record: its publish was cut short")
    if live.problem:
        lines.append(f"intact    unknown: {live.problem}")
    elif live.missing:
        lines.append(f"intact    no, {_some(live.missing)} changed by hand or gone: publish again to repair")
    else:
        lines.append("intact    yes")
    if live.foreign:
        lines.append(f"foreign   {_some(live.foreign)}: not from a publish, Flux fetches them too")
    if rows:
        table: list[tuple[str, ...]] = [("", "NAME", "REVISION", "SUSPENDED", "READY", "MESSAGE")]
        table += [("", r.name, short(r.revision or "-"), str(r.suspended), r.ready, shorten(r.message)) for r in rows]
        lines += ["", *_table(table), "", "in sync" if in_sync else "not in sync: see the messages, or `wait`"]
    else:
        lines.append("cluster   not asked")
    return lines


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _live_record(records: "list[Record]", live: str | None) -> "Record | None":
    """The publish that made the live release live: the newest of its records."""
    return next((record for record in records if record.release == live), None)


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
