import hashlib
from collections.abc import Mapping

import pytest

from upload.contents import ReleaseFiles
from upload.diff import Change, changes, colour, file_diff, object_changes, object_diff
from upload.objects import Objects, parse_objects

HUNTER, OTHER = "hunter2-hunter2", "correct-horse"


def release(id: str, contents: Mapping[str, bytes]) -> ReleaseFiles:
    md5s = {path: hashlib.md5(content).hexdigest() for path, content in contents.items()}
    return ReleaseFiles(id=id, md5s=md5s, near=True, read=contents.__getitem__)


def lines(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[str]:
    return file_diff(release("old", old), release("new", new)).lines


def objects(*manifests: str) -> Objects:
    return parse_objects("---\n".join(manifests).encode())


def deployment(name: str, *, replicas: int = 1) -> str:
    metadata = f"{{name: {name}, namespace: shop}}"
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {metadata}\nspec: {{replicas: {replicas}}}\n"


def test_changes_are_sorted_and_leave_out_what_is_the_same() -> None:
    assert changes({"b": "1", "c": "1", "same": "1"}, {"a": "1", "c": "2", "same": "1"}) == [
        Change("a", "added"),
        Change("b", "removed"),
        Change("c", "changed"),
    ]


def test_a_changed_file_is_a_unified_diff() -> None:
    assert lines({"a.yaml": b"x: 1\ny: 1\n"}, {"a.yaml": b"x: 1\ny: 2\n"}) == [
        "--- a/a.yaml\told",
        "+++ b/a.yaml\tnew",
        "@@ -1,2 +1,2 @@",
        " x: 1",
        "-y: 1",
        "+y: 2",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param({}, {"a": b"x\n"}, ["--- /dev/null\told", "+++ b/a\tnew", "@@ -0,0 +1 @@", "+x"], id="added"),
        pytest.param({"a": b"x\n"}, {}, ["--- a/a\told", "+++ /dev/null\tnew", "@@ -1 +0,0 @@", "-x"], id="removed"),
        pytest.param(
            {"a": b"\x89PNG"}, {"a": b"\x89P"}, ["a/a and b/a differ, and are no text: 4 bytes, 2 bytes"], id="binary"
        ),
        pytest.param({"a": b"x\n"}, {"a": b"x"}, ["\\ No newline at end of file"], id="a last line without an end"),
        pytest.param({"a": b"x\n"}, {"a": b"x\r\n"}, ["+x\\x0d"], id="line ends of Windows"),
        pytest.param({"a": b"x\n"}, {"a": b"\x1b[31mx\n"}, ["+\\x1b[31mx"], id="what a terminal would obey"),
        pytest.param({"a": b"x"}, {"a": b"x"}, [], id="the same"),
    ],
)
def test_a_file_shows_as(old: dict[str, bytes], new: dict[str, bytes], expected: list[str]) -> None:
    found = lines(old, new)
    assert found[-len(expected) :] == expected or [line.lstrip("+") for line in found[-len(expected) :]] == expected


def test_etags_that_are_no_md5s_make_nothing_differ() -> None:
    files = {"a": b"x\n", "b": b"y\n"}
    kms = ReleaseFiles(id="old", md5s=dict.fromkeys(files, "0" * 32), near=False, read=files.__getitem__)
    assert file_diff(kms, release("new", {**files, "b": b"z\n"})).changes == [Change("b", "changed")]


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("apiVersion: v1\nkind: Secret\nstringData:\n  a: {0}\n", id="a plain value"),
        pytest.param(
            "kind: Secret\ndata: {{a: '{0}', b: é}}\napiVersion: v1\n", id="flow style, and letters of two bytes"
        ),
        pytest.param(
            "kind: Secret\nstringData:\n  a: |\n    first\n    {0}\n  b: >-\n    {0}\nkind2: x\n", id="blocks"
        ),
        pytest.param("kind: Secret\nstringData:\n  # was {0}\n  a: x # {0}\n  # {0}\nx: y\n# {0}\n", id="comments"),
        pytest.param("# x\n---\nkind: List\nitems:\n- kind: Secret\n  data:\n    a: {0}\n", id="a list"),
        pytest.param('{{"kind": "Secret", "stringData": {{"a": "{0}"}}}}', id="JSON"),
        pytest.param("a: &x {0}\nkind: Secret\nstringData:\n  a: *x\n", id="an alias"),
        pytest.param("kind: Secret\nstringData:\n\ta: {0}\n", id="what does not parse"),
        pytest.param(
            "kind: Secret\nmetadata:\n  annotations:\n"
            '    kubectl.kubernetes.io/last-applied-configuration: \'{{"data":"{0}="}}\'\n',
            id="what kubectl noted down",
        ),
        pytest.param(
            "secretGenerator:\n- name: a\n  literals:\n  - a={0}\n  # - a={0}\n  - 'b={0}'\n",
            id="literals of a generator",
        ),
        pytest.param("patches:\n- target: {{kind: Secret}}\n  patch: '[{{value: {0}}}]'\n", id="a patch"),
    ],
)
@pytest.mark.parametrize("name", ["kustomization.yaml", "db.yaml"])
def test_values_of_secrets_never_show(template: str, name: str) -> None:
    before, after = template.format(HUNTER), template.format(OTHER)
    found = lines({name: before.encode()}, {name: after.encode()})
    assert found, "they differ"
    assert not any(value in line for line in found for value in (HUNTER, OTHER))


@pytest.mark.parametrize(
    "generator",
    [
        pytest.param("secretGenerator: [{name: a, files: [key=db/pass.txt]}]", id="its files"),
        pytest.param("secretGenerator: [{name: a, envs: [./db/pass.txt]}]", id="its environment"),
        pytest.param("patches: [{path: db/pass.txt, target: {kind: Secret}}]", id="a patch of it"),
    ],
)
def test_files_that_a_secret_is_made_of_never_show(generator: str) -> None:
    old = {"app/kustomization.yaml": generator.encode(), "app/db/pass.txt": HUNTER.encode()}
    assert lines(old, {**old, "app/db/pass.txt": OTHER.encode()}) == [
        "a/app/db/pass.txt and b/app/db/pass.txt differ, and make a Secret: not shown"
    ]


def test_what_is_beside_the_values_of_a_secret_shows() -> None:
    secret = "# the database\napiVersion: v1\nkind: Secret\nmetadata: {{name: {0}}}\nstringData:\n  a: x\n"
    found = lines({"a.yaml": secret.format("db").encode()}, {"a.yaml": secret.format("cache").encode()})
    assert found[2:7] == [
        "@@ -1,6 +1,6 @@",
        " # the database",
        " apiVersion: v1",
        " kind: Secret",
        "-metadata: {name: db}",
    ]
    assert [line[:7] for line in found[7:]] == ["+metada", " string", "   a: <"]


def test_objects_show_by_reference_and_what_is_new_in_them() -> None:
    old = objects(deployment("cart"), deployment("gone"), deployment("same"))
    new = objects(deployment("cart", replicas=2), deployment("same"), "apiVersion: v1\nkind: A\nmetadata: {name: x}\n")
    assert object_diff(old, new) == [
        "+ A x",
        "  +apiVersion: v1",
        "  +kind: A",
        "  +metadata:",
        "  +  name: x",
        "~ apps/Deployment shop/cart",
        "     name: cart",
        "     namespace: shop",
        "   spec:",
        "  -  replicas: 1",
        "  +  replicas: 2",
        "- apps/Deployment shop/gone",
    ]
    assert [kind for _, kind in object_changes(old, new)] == ["added", "changed", "removed"]


def test_an_object_hides_the_values_of_a_secret() -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\nstringData: {{a: {0}, same: x}}\n"
    found = object_diff(objects(secret.format(HUNTER)), objects(secret.format(OTHER)))
    assert found[0] == "~ Secret db"
    assert [line[:8] for line in found if line[2] in "+-"] == ["  -  a: ", "  +  a: "]
    assert not any(value in line for line in found for value in (HUNTER, OTHER))


def test_colour_marks_what_is_new_and_old_and_keeps_the_text() -> None:
    plain = ["--- a/x", "@@ -1 +1 @@", "-old", "+new", " same", "~ A x", "  +new", "   same"]
    coloured = colour(plain)
    assert coloured[2:5] == ["\033[31m-old\033[0m", "\033[32m+new\033[0m", " same"]
    assert (coloured[0], coloured[6], coloured[7]) == ("\033[1m--- a/x\033[0m", "\033[32m  +new\033[0m", "   same")
