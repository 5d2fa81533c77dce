import pytest

from upload.revision import revision, short, shorten

TEST = {"test.txt": "098f6bcd4621d373cade4e832627b4f6"}
INCLUDED = {"included/file.txt": "5a4bc7048b3301f677fe15b8678be2f8"}
IGNORED = {"ignored/file.txt": "f08907038338288420ae7dc2d30c0497"}


@pytest.mark.parametrize(
    ("etags", "expected"),
    [
        # source-controller internal/controller/bucket_controller_test.go, lines 465, 785 and 822
        pytest.param(TEST, "b4c2a60ce44b67f5b659a95ce4e4cc9e2a86baf13afb72bd397c5384cbc0e479", id="one file"),
        pytest.param(INCLUDED, "9fc2ddfc4a6f44e6c3efee40af36578b9e76d4d930eaf384b8435a0aa0bf7a0f", id="in a folder"),
        pytest.param(
            INCLUDED | IGNORED, "117f586dc64cfc559329e21d286edcbb94cb6b1581517eaddc0ab5292b470cd5", id="two, unsorted"
        ),
        pytest.param({}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", id="an empty bucket"),
        pytest.param(
            TEST | {"folder/": "d41d8cd98f00b204e9800998ecf8427e"},
            "b4c2a60ce44b67f5b659a95ce4e4cc9e2a86baf13afb72bd397c5384cbc0e479",
            id="folder markers do not count",
        ),
    ],
)
def test_equals_what_source_controller_computes(etags: dict[str, str], expected: str) -> None:
    assert revision(etags) == f"sha256:{expected}"


def test_sorts_by_bytes_as_go_does() -> None:
    assert revision({"\U0001f600": "1", "\uffff": "2"}) == revision({"\uffff": "2", "\U0001f600": "1"})
    assert revision({"a": "1", "B": "2"}) != revision({"a": "2", "B": "1"})


def test_is_shortened_as_the_flux_command_does() -> None:
    assert short(revision(TEST)) == "sha256:b4c2a60c"


def test_messages_of_flux_are_put_on_one_line_with_short_revisions() -> None:
    assert shorten(f"applied\n  {revision(TEST)}") == "applied sha256:b4c2a60c"
