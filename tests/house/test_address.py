"""The repository's address stands in one place, and one command changes it everywhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import address
from house.clone import clone
from lessons.notebook import launch_links
from lessons.places import Places

ROOT = Path(__file__).resolve().parents[2]
NEW = "https://github.com/ada-l/engine.notes"
ELSEWHERE = re.compile(r"https://(?:github\.com|mybinder\.org|colab\.\S+?|kaggle\.com)/[^\s)\"\\]*")


def contents(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def links(files: dict[str, bytes]) -> list[tuple[str, str]]:
    """Every link to a host of code or notebooks in README, citation, pyproject and notebooks."""
    kinds = ("README.md", "CITATION.cff", "pyproject.toml")
    texts = {n: t.decode("utf-8") for n, t in files.items() if n in kinds or n.endswith(".ipynb")}
    return [(name, url) for name, text in texts.items() for url in ELSEWHERE.findall(text)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return Places(clone(tmp_path_factory.mktemp("clone")))


@pytest.mark.timeout(300)
def test_there_and_back_again(copy, capsys):
    before = contents(copy.root)
    stored = copy.repository
    old, new = (url.removeprefix("https://github.com/") for url in (stored, NEW))
    assert address.main([NEW + ".git/"], Places(copy.root)) == 0
    assert f"address is {NEW}." in capsys.readouterr().out
    there = contents(copy.root)
    assert before.keys() == there.keys()
    lessons = len(copy.sources())
    moved = [url for _, url in links(before) if f"/{old}" in url]
    assert len(moved) > 3 * lessons + 3  # three links a notebook, its package, README, metadata
    was = [(name, url.replace(old, new)) for name, url in links(before)]
    assert links(there) == was  # each link of ours moved, and none of others'
    assert not [url for _, url in links(there) if f"/{old}" in url]
    for source in copy.sources():
        path = copy.notebook_of(source).relative_to(copy.root).as_posix()
        text = there[path].decode("utf-8")
        assert all(url in text for url in launch_links(path, NEW).values())
        assert f"git+{NEW}" in text
    assert tomllib.loads(there["pyproject.toml"].decode())["project"]["urls"]["Repository"] == NEW
    assert address.NOTE.encode() not in there["README.md"]
    assert address.main([stored], Places(copy.root)) == 0
    back = contents(copy.root)
    assert [name for name in before if before[name] != back[name]] == []


def test_the_readme_says_so_while_the_address_is_the_placeholder():
    readme = (ROOT / "README.md").read_text("utf-8")
    stored = Places(ROOT).repository
    assert (address.NOTE in readme) == (stored == address.PLACEHOLDER)
    assert address.with_note(readme, stored) == readme
    assert address.NOTE.strip().count("\n") == 0  # one line


WRONG = [
    "", "github.com/a/b", "http://github.com/a/b", "https://gitlab.com/a/b",
    "https://github.com/a", "https://github.com/a/b/tree/main", "https://github.com/a/..",
    "https://github.com/a b/c", "https://github.com/a/b?x", "git@github.com:a/b",
]  # fmt: skip


def test_what_badges_cannot_use_is_refused_and_nothing_changes(copy, capsys):
    before = contents(copy.root)
    for url in WRONG:
        assert address.main([url], Places(copy.root)) == 2, url
        assert "https://github.com/OWNER/NAME" in capsys.readouterr().err
    assert contents(copy.root) == before


def test_a_longer_name_is_another_repository():
    text = "https://github.com/a/b-c https://github.com/a/b.js https://github.com/a/b. x/a/b"
    new = address.rewritten(text, "https://github.com/a/b", "https://github.com/q/r")
    assert new == "https://github.com/a/b-c https://github.com/a/b.js https://github.com/q/r. x/a/b"
