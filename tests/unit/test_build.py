from pathlib import Path

import pytest
from kustomize_at_hand import kustomize  # noqa: F401

from upload.build import BuildFailed, Kustomize, build, build_both, build_files, find_kustomize, render_files
from upload.objects import Reference, dump, parse_objects

CART = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndata: {since: 2020-01-01}\n"
NESTED = b"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {path: ./apps, sourceRef: {kind: Bucket, name: aws-bucket}}
"""
CART_REFERENCE = Reference("", "ConfigMap", "shop", "cart")


def files(**contents: bytes) -> dict[str, bytes]:
    return {"kustomization.yaml": b"namespace: shop\nresources: [cart.yaml]\n", "cart.yaml": CART} | {
        path.replace("__", "/") + ".yaml": content for path, content in contents.items()
    }


def test_objects_are_known_by_group_kind_namespace_and_name(kustomize: Kustomize) -> None:  # noqa: F811
    built = build_files(files(), kustomize=kustomize)
    assert list(built) == [CART_REFERENCE]
    assert built[CART_REFERENCE]["metadata"] == {"name": "cart", "namespace": "shop"}


def test_folders_that_flux_kustomizations_read_are_built_as_well(kustomize: Kustomize) -> None:  # noqa: F811
    tree = files(kustomization=b"resources: [cart.yaml, flux.yaml]", flux=NESTED, apps__b=CART)
    tree["apps/kustomization.yaml"] = b"namePrefix: new-\nresources: [b.yaml]\n"
    assert [str(reference) for reference in build_files(tree, kustomize=kustomize)] == [
        "ConfigMap new-cart",
        "ConfigMap cart",
        "kustomize.toolkit.fluxcd.io/Kustomization flux-system/apps",
    ]


def test_resources_may_lie_above_the_folder_as_flux_allows(kustomize: Kustomize) -> None:  # noqa: F811
    tree = files(kustomization=b"resources: [apps]", apps__kustomization=b"resources: [../cart.yaml]")
    assert b"name: cart" in render_files(tree, kustomize=kustomize)


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        pytest.param(files(kustomization=b"resources: [gone.yaml]"), "gone.yaml: no such file", id="a missing file"),
        pytest.param(files(kustomization=b""), "kustomization.yaml is empty", id="an empty kustomization"),
        pytest.param(files(kustomization=b"bases: [x]"), "x", id="a deprecated field, which is warned of"),
        pytest.param(files(cart=b"a: b: c"), "mapping values are not allowed", id="broken YAML"),
    ],
)
def test_fails_in_one_line_of_kustomizes_own_words(
    kustomize: Kustomize,  # noqa: F811
    tree: dict[str, bytes],
    words: str,
) -> None:
    with pytest.raises(BuildFailed) as failure:
        build_files(tree, kustomize=kustomize)
    message = str(failure.value)
    assert words in message
    assert "\n" not in message and "bucketops-" not in message and "command failed" not in message
    assert not message.startswith(("Error", "error", "E1", "# "))


def test_a_directory_is_built_where_it_lies(kustomize: Kustomize, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "kustomization.yaml").write_text("resources: [cart.yaml]\n")
    with pytest.raises(BuildFailed, match="cart.yaml"):
        build(tmp_path, kustomize=kustomize)
    (tmp_path / "cart.yaml").write_bytes(CART)
    assert list(build(tmp_path, kustomize=kustomize)) == [CART_REFERENCE._replace(namespace="")]


def test_without_kustomize_the_manifests_are_read(kustomize: Kustomize) -> None:  # noqa: F811
    old = files(kustomization=b"namePrefix: a-\nnamespace: shop\nresources: [cart.yaml, ns.yaml, role.yaml]")
    old["ns.yaml"] = b"apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n"
    old["role.yaml"] = b"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n"
    read, _, exact = build_both(old, files(), kustomize=None)
    built, _, built_exact = build_both(old, files(), kustomize=kustomize)
    assert (exact, built_exact) == (False, True)
    assert sorted(read) == sorted(built)


def test_a_broken_release_is_read_so_that_the_next_can_mend_it(kustomize: Kustomize) -> None:  # noqa: F811
    broken = files(kustomization=b"resources: [cart.yaml, gone.yaml]")
    old, new, exact = build_both(broken, files(), kustomize=kustomize)
    assert (list(old), list(new), exact) == ([CART_REFERENCE._replace(namespace="")], [CART_REFERENCE], False)


def test_none_is_found_where_neither_is_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_kustomize() is None


def test_an_object_is_dumped_sorted_with_its_texts_as_they_are() -> None:
    (item,) = parse_objects(
        b'kind: A\napiVersion: v1\nmetadata: {name: x}\ndata: {t: "a\\nb\\n", d: 2020-01-01}\n'
    ).values()
    assert (
        dump(item) == "apiVersion: v1\ndata:\n  d: '2020-01-01'\n  t: |\n    a\n    b\nkind: A\nmetadata:\n  name: x\n"
    )
