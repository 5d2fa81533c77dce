import subprocess
import sys
from pathlib import Path

import pytest
from kustomize_at_hand import kustomize  # noqa: F401

from upload.checklist import CHECKS, check_names
from upload.checks import check_tree
from upload.checks.manifest import manifests
from upload.checks.nodes import documents
from upload.checks.parse import manifests_of
from upload.errors import UsageError
from upload.source import read_tree

Files = dict[str, str]


def config_map(name: str, *, namespace: str = "shop") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"


def kustomization(*resources: str, more: str = "") -> str:
    return "resources:\n" + "".join(f"  - {entry}\n" for entry in resources) + more


def secret(values: str, *, more: str = "") -> str:
    return f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n{values}{more}"


CART = config_map("cart")
BUCKET = """\
apiVersion: source.toolkit.fluxcd.io/{version}
kind: Bucket
metadata: {{name: a}}
"""
NESTED = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  sourceRef: {kind: Bucket, name: aws-bucket}
"""
CHART = {
    "chart/Chart.yaml": "name: shop\nversion: 1.0.0\n",
    "chart/values.yaml": "replicas: 2\n",
    "chart/templates/web.yaml": "{{- if .Values.on }}\nkind: {{ .Values.kind }}\n{{ end }}\n",
}
KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "MIIEowIBAAKCAQEA7bq1mU5c2x9kq0Zs8dUjWcXq" * 2
    + "\n-----END RSA PRIVATE KEY-----\n"
)
_AWAY = "name it in .uploadignore, or move it away (state-file)"
KUBECONFIG = "apiVersion: v1\nclusters: []\nkind: Config\nusers: []\n"
STATE = '{\n  "version": 4,\n  "terraform_version": "1.11.4",\n  "serial": 3,\n  "lineage": "x"\n}\n'
SOPS = "sops:\n  mac: ENC[AES256_GCM,data:x]\n"
PLAIN_GENERATOR = """\
secretGenerator:
- name: a
  literals:
  - a=${b}
  - c=hunter2
  envs: [db.env]
"""
ENCRYPTED = "data:\n  password: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\n"


def found(root: Path, files: Files, *, skip: tuple[str, ...] = ("build",)) -> list[str]:
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    return [str(finding) for finding in check_tree(read_tree(root), skip=skip)]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"cart.yaml": CART}, id="a manifest"),
        pytest.param({"cart.yaml": f"# nothing\n---\n{CART}---\n---\n# end\n"}, id="empty documents"),
        pytest.param({"cart.yaml": f"{CART}data:\n  a: ${{host}}\n  b: ${{port:=80}}\n"}, id="substitutions of Flux"),
        pytest.param(
            {"cart.yaml": f"\ufeff{CART}".replace("\n", "\r\n")}, id="a byte order mark and line ends of Windows"
        ),
        pytest.param({"cart.yaml": "apiVersion: v1\nkind: List\nitems: []\n"}, id="an empty list"),
        pytest.param({"cart.yaml": f"{CART}data:\n  a: &x y\n  b: &x z\n  c: *x\n"}, id="an anchor that is set twice"),
        pytest.param({"cart.yaml": f"{CART}data:\n  a: '{{{{ x }}}}'\n"}, id="a template within quotes"),
        pytest.param(
            {"kustomization.yaml": kustomization("cart.yaml"), "cart.yaml": CART} | CHART, id="a chart beside"
        ),
        pytest.param(
            {"kustomization.yaml": kustomization("cart.yaml"), "cart.yaml": CART, "b.yaml": "a: b: c"},
            id="broken YAML that nothing leads to",
        ),
        pytest.param({"secret.yaml": secret(ENCRYPTED, more=SOPS)}, id="a Secret encrypted by SOPS"),
        pytest.param({"secret.yaml": secret("data: {}\n")}, id="an empty Secret"),
        pytest.param(
            {"secret.yaml": secret("stringData:\n  a: ''\n  b: ${password}\n")}, id="a Secret that Flux fills in"
        ),
        pytest.param({"pvc.yaml": BUCKET.format(version="v1")}, id="a served API"),
        pytest.param({".env.example": "A=1\n", "cart.yaml": CART}, id="an example of an environment"),
        pytest.param(
            {"kustomization.yaml": "configMapGenerator:\n- name: a\n  envs: [.env]\n", ".env": "A=1\n", "x.yaml": CART},
            id="an environment that a ConfigMap is made of",
        ),
        pytest.param(
            {"cart.yaml": CART, "notes.txt": "a -----BEGIN PRIVATE KEY----- begins a key\n"}, id="a text about keys"
        ),
        pytest.param(
            {
                "kustomization.yaml": kustomization(
                    "https://github.com/a/b//c?ref=v1", "github.com/a/b", "git@host:a/b.git", "cart.yaml"
                ),
                "cart.yaml": CART,
            },
            id="remote resources",
        ),
    ],
)
def test_nothing_is_found_in(tmp_path: Path, files: Files) -> None:
    assert found(tmp_path, files) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"cart.yaml": f"{CART}data:\n  a: b: c\n"},
            ["cart.yaml:7: not YAML, mapping values are not allowed in this context: correct it (yaml)"],
            id="a colon too many",
        ),
        pytest.param(
            {"cart.yaml": f"{CART}data: *nothing\n"},
            ["cart.yaml:6: not YAML, found undefined alias 'nothing': correct it (yaml)"],
            id="an alias of nothing",
        ),
        pytest.param(
            {"values.yaml": "replicas: 2\n", "cart.yaml": CART},
            [
                "values.yaml:1: no Kubernetes object, apiVersion is missing: take it out of the kustomization, "
                "or name it in .uploadignore (yaml)"
            ],
            id="YAML that is no object",
        ),
        pytest.param(
            {"web.yaml": f"{CART}data:\n  a: {{{{ .Values.a }}}}\n"},
            [
                "web.yaml:7: not YAML, a mapping cannot be a key: a template? take it out of the kustomization, "
                "or name it in .uploadignore (yaml)"
            ],
            id="a template that the kustomization reaches, and that even parses",
        ),
        pytest.param(
            {"cart.yaml": f"{CART}---\n# the source\n{BUCKET.format(version='v1beta2')}"},
            [
                "cart.yaml:8: apiVersion source.toolkit.fluxcd.io/v1beta2 was removed in Flux 2.8: "
                "write source.toolkit.fluxcd.io/v1 (removed-api)"
            ],
            id="an API that Flux removed, in a second document",
        ),
        pytest.param(
            {"web.yaml": "kind: Ingress\napiVersion: extensions/v1beta1\nmetadata: {name: web}\n"},
            [
                "web.yaml:2: apiVersion extensions/v1beta1 was removed in Kubernetes 1.22: "
                "write networking.k8s.io/v1 (removed-api)"
            ],
            id="an API that Kubernetes removed",
        ),
        pytest.param(
            {"psp.yaml": "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n"},
            [
                "psp.yaml:1: apiVersion policy/v1beta1 was removed in Kubernetes 1.25: "
                "nothing follows it, remove the PodSecurityPolicy (removed-api)"
            ],
            id="an API that nothing follows",
        ),
        pytest.param(
            {"a.yaml": CART, "b.yaml": f"# again\n{CART}"},
            ["b.yaml:2: ConfigMap shop/cart is there already, in a.yaml:1: remove one of them (duplicate)"],
            id="the same object twice",
        ),
        pytest.param(
            {
                "a.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n",
                "b.yaml": "apiVersion: apps/v1alpha9\nkind: Deployment\nmetadata: {name: a, namespace: default}\n",
            },
            ["b.yaml:1: apps/Deployment default/a is there already, in a.yaml:1: remove one of them (duplicate)"],
            id="the same object in another version, with the default namespace written out",
        ),
        pytest.param(
            {
                "kustomization.yaml": kustomization("a", "b"),
                "a/kustomization.yaml": kustomization("../base"),
                "b/kustomization.yaml": kustomization("../base"),
                "base/kustomization.yaml": kustomization("cart.yaml"),
                "base/cart.yaml": CART,
            },
            [
                "base/cart.yaml:1: ConfigMap shop/cart is reached in two ways from kustomization.yaml: "
                "name it once (duplicate)"
            ],
            id="a base that two overlays take as it is",
        ),
        pytest.param(
            {"kustomization.yaml": kustomization("cart.yml", "../x.yaml", "apps"), "cart.yaml": CART, "apps/a.txt": ""},
            [
                "kustomization.yaml:2: resources names cart.yml, which does not exist: "
                "did you mean cart.yaml? (dangling)",
                "kustomization.yaml:3: resources names ../x.yaml, which lies outside of the source: "
                "Flux sees only what is published, copy it (dangling)",
                "kustomization.yaml:4: resources names apps, a folder without a kustomization file: "
                "Flux makes up none there, write apps/kustomization.yaml (dangling)",
            ],
            id="resources that are not there, outside, or no kustomization",
        ),
        pytest.param(
            {
                "kustomization.yaml": kustomization("cart.yaml", "x.tfstate", "private.yaml"),
                "cart.yaml": CART,
                "x.tfstate": "",
                "private.yaml": CART,
                ".uploadignore": "private.yaml\n",
            },
            [
                "kustomization.yaml:3: resources names x.tfstate, which is left out of the release: "
                "take it out of .uploadignore, or this line away (dangling)",
                "kustomization.yaml:4: resources names private.yaml, which is left out of the release: "
                "take it out of .uploadignore, or this line away (dangling)",
            ],
            id="resources that are never sent, or ignored",
        ),
        pytest.param(
            {
                "kustomization.yaml": kustomization(
                    "cart.yaml",
                    more="components: [c]\npatches:\n- path: p.yaml\nconfigMapGenerator:\n- name: a\n"
                    "  files: [k=f.txt]\n  envs: [e.env]\nsecretGenerator:\n- name: b\n  files: [s.txt]\n",
                ),
                "cart.yaml": CART,
            },
            [
                f"kustomization.yaml:{line}: {field} names {entry}, which does not exist: "
                "create it, or take this line away (dangling)"
                for line, field, entry in [
                    (3, "components", "c"),
                    (5, "patches", "p.yaml"),
                    (8, "configMapGenerator.files", "f.txt"),
                    (9, "configMapGenerator.envs", "e.env"),
                    (12, "secretGenerator.files", "s.txt"),
                ]
            ],
            id="components, patches and files of generators that are not there",
        ),
        pytest.param(
            {
                "kustomization.yaml": kustomization("a"),
                "a/kustomization.yaml": kustomization("../../site", "cart.yaml"),
                "a/cart.yaml": CART,
            },
            [
                "a/kustomization.yaml:2: resources names ../../site, which lies outside of the source: "
                "Flux sees only what is published, copy it (dangling)"
            ],
            id="a way around through the outside",
        ),
        pytest.param(
            {
                "kustomization.yaml": kustomization("a"),
                "a/kustomization.yaml": kustomization("..", "cart.yaml"),
                "a/cart.yaml": CART,
            },
            ["a/kustomization.yaml:2: resources names .., which leads back here (dangling)"],
            id="a circle",
        ),
        pytest.param(
            {"flux.yaml": NESTED},
            ["flux.yaml:5: spec.path names apps, which does not exist: create it, or take this line away (dangling)"],
            id="a Flux Kustomization of a folder that is not there",
        ),
        pytest.param(
            {
                "kustomization.yaml": kustomization("flux.yaml"),
                "flux.yaml": NESTED,
                "apps/a.yaml": BUCKET.format(version="v1beta1"),
            },
            [
                "apps/a.yaml:1: apiVersion source.toolkit.fluxcd.io/v1beta1 was removed in Flux 2.7: "
                "write source.toolkit.fluxcd.io/v1 (removed-api)"
            ],
            id="something in the folder of a Flux Kustomization",
        ),
        pytest.param(
            {"db.yaml": secret("data:\n  empty: ''\n  password: aHVudGVyMg==\n")},
            [
                "db.yaml:7: Secret db is not encrypted: use `sops encrypt --in-place --encrypted-regex "
                "'^(data|stringData)$' db.yaml`, and spec.decryption of Flux (secret)"
            ],
            id="a plain Secret",
        ),
        pytest.param(
            {"db.yaml": secret("stringData:\n  password: hunter2\n", more=SOPS)},
            [
                "db.yaml:6: Secret db is not encrypted: use `sops encrypt --in-place --encrypted-regex "
                "'^(data|stringData)$' db.yaml`, and spec.decryption of Flux (secret)"
            ],
            id="a Secret with the notes of SOPS and nothing encrypted",
        ),
        pytest.param(
            {
                "kustomization.yaml": PLAIN_GENERATOR,
                "db.env": "PASSWORD=hunter2\n",
            },
            [
                "kustomization.yaml:5: secretGenerator.literals has a plain value: "
                "encrypt a file and name that (secret)",
                "kustomization.yaml:6: secretGenerator.envs names db.env, which is plain: "
                "encrypt it with `sops encrypt --in-place db.env` (secret)",
            ],
            id="a Secret that is made of plain values",
        ),
        pytest.param(
            {
                "cart.yaml": CART,
                "tls/site.pem": f"the key\n{KEY}",
                "me.conf": KUBECONFIG,
                "old.json": STATE,
                ".env": "A=1\n",
                "age.txt": f"# created\nAGE-SECRET-KEY-1{'Q' * 58}\n",
            },
            [
                f".env: is a file of environment variables, which often are secrets: {_AWAY}",
                f"age.txt:2: holds an age key, which opens everything SOPS has encrypted: {_AWAY}",
                f"me.conf: is a kubeconfig: {_AWAY}",
                f"old.json: is a Terraform state, which holds secrets in plain text: {_AWAY}",
                f"tls/site.pem:2: holds a private key: {_AWAY}",
            ],
            id="keys, a kubeconfig, a state and an environment",
        ),
    ],
)
def test_says_where_and_what_to_do_about(tmp_path: Path, files: Files, expected: list[str]) -> None:
    assert found(tmp_path, files) == expected


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("namespace: a\n", "namespace: b\n", id="namespaces"),
        pytest.param("namePrefix: a-\n", "nameSuffix: -b\n", id="names"),
        pytest.param("", "patches:\n- patch: '[{op: replace, path: /metadata/name, value: other}]'\n", id="patches"),
    ],
)
def test_overlays_of_one_base_are_no_duplicates_if_they_change(tmp_path: Path, first: str, second: str) -> None:
    files = {
        "kustomization.yaml": kustomization("a", "b"),
        "a/kustomization.yaml": kustomization("../base", more=first),
        "b/kustomization.yaml": kustomization("../base", more=second),
        "base/kustomization.yaml": kustomization("cart.yaml"),
        "base/cart.yaml": CART,
    }
    assert found(tmp_path, files) == []


def test_all_findings_come_at_once_sorted_by_path_and_line(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": kustomization("b.yaml", "a.yaml", "gone.yaml"),
        "a.yaml": f"{CART}---\n{BUCKET.format(version='v1beta2')}",
        "b.yaml": "a: b: c",
    }
    assert [line.partition(": ")[0] for line in found(tmp_path, files)] == [
        "a.yaml:7",
        "b.yaml:1",
        "kustomization.yaml:4",
    ]


def test_a_check_that_is_skipped_says_nothing(tmp_path: Path) -> None:
    files = {"db.yaml": secret("data: {a: YQ==}\n"), "b.yaml": "a: b: c"}
    assert found(tmp_path, files, skip=("secret", "yaml", "build")) == []


def test_a_key_is_found_in_a_secret_by_the_check_of_secrets_alone(tmp_path: Path) -> None:
    block = "".join(f"    {line}\n" for line in KEY.splitlines())
    lines = found(tmp_path, {"tls.yaml": secret(f"stringData:\n  key: |\n{block}")})
    assert [line.rpartition(" ")[2] for line in lines] == ["(secret)"]


@pytest.mark.usefixtures("kustomize")
def test_what_kustomize_cannot_build_is_told_in_its_own_words(tmp_path: Path) -> None:
    patch = "patches:\n- target: {kind: ConfigMap}\n  patch: |\n    - {op: remove, path: /data/nothing}\n"
    (line,) = found(
        tmp_path, {"kustomization.yaml": kustomization("cart.yaml", more=patch), "cart.yaml": CART}, skip=()
    )
    assert (
        line.startswith("kustomization.yaml: ku")
        and "remove operation does not apply" in line
        and line.endswith("(build)")
    )
    assert "\n" not in line and "/tmp" not in line


@pytest.mark.usefixtures("kustomize")
def test_a_tree_that_builds_passes_all_checks(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": kustomization("flux.yaml", "apps/../cart.yaml"),
        "cart.yaml": CART,
        "flux.yaml": NESTED,
        "apps/b.yaml": config_map("b"),
    }
    assert found(tmp_path, files, skip=()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("secrets", "no check is called 'secrets': did you mean secret?", id="a name that is close"),
        pytest.param("x", f"no check is called 'x': there are {', '.join(CHECKS)}", id="any other name"),
    ],
)
def test_fails_for_checks_that_do_not_exist(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        check_names(["yaml", name])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(CART, id="block style"),
        pytest.param(f"# a\n\n---\n{CART}---   # b\n# c\n{CART}", id="several documents"),
        pytest.param(
            'kind: ConfigMap\n# between\napiVersion: "v1"\nmetadata: {name: x, labels: {a: b}}\ndata:\n- a\n',
            id="other orders and styles",
        ),
        pytest.param(
            f"{CART}  annotations:\n    kustomize.toolkit.fluxcd.io/prune: Disabled\n", id="a mark against pruning"
        ),
        pytest.param(
            f"{CART}data:\n  script: |\n    kind: Other\n    metadata:\n", id="a text that looks like a manifest"
        ),
    ],
)
def test_a_manifest_is_told_by_its_place_in_the_whole_file_though_documents_are_read_apart(content: str) -> None:
    whole = [manifest for node in documents(content.encode()) for manifest in manifests("x.yaml", node)]
    assert manifests_of("x.yaml", content.encode()) == whole
    assert manifests_of("x.yaml", content.encode()) == whole, "the second time, too"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(f"{CART}kind: ConfigMap\n", 6, id="at the top"),
        pytest.param(f"---\n{CART}---\n{CART}data:\n  b: c\n  a: b\n  b: d\n", 16, id="further down"),
        pytest.param(f"{CART}data: {{a: b, 'a': c}}\n", 6, id="in braces"),
        pytest.param(f"{CART}spec:\n- a: b\n  c: d\n- a: b\n  a: d\n", 10, id="in an item of a list"),
    ],
)
def test_a_key_that_is_there_twice_is_refused_as_kustomize_would(tmp_path: Path, content: str, line: int) -> None:
    (tmp_path / "a.yaml").write_text(content)
    (finding,) = check_tree(read_tree(tmp_path), skip=["duplicate"])
    assert (finding.check, finding.line) == ("yaml", line)
    assert "is there twice" in finding.message


@pytest.mark.parametrize("sign", ["&a [x, &a y]", "[&b {a: &c [b]}, *b, *b, *c]"])
def test_what_is_named_again_is_no_key_that_is_there_twice(tmp_path: Path, sign: str) -> None:
    (tmp_path / "a.yaml").write_text(f"{CART}data: {sign}\n")
    assert check_tree(read_tree(tmp_path), skip=["build"]) == []


def test_the_demo_passes_all_checks() -> None:
    assert check_tree(read_tree(Path(__file__).parents[2] / "deploy")) == []


def test_nothing_heavy_is_imported_with_the_checks() -> None:
    code = "import sys, upload.checks; print(*sorted({'yaml', 'boto3', 'obstore', 'rich'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
