"""No entry of the bibliography is malformed or stands twice; a missing network is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import check_links
from lessons.bibliography import read_bibliography

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = read_bibliography(ROOT / "book" / "references.bib")
GOOD = ENTRIES["kingma2014"]


def test_the_bibliography_is_in_order(capsys):
    assert list(check_links.faults(ENTRIES)) == []
    assert check_links.main([]) == 0
    assert f"{len(ENTRIES)} entries, 0 faults" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "change", "words"),
    [
        ("gidel2018", {"url": GOOD.url, "title": "Other"}, "gidel2018: its address is that of"),
        ("vae2013", {"url": "https://example.org/a"}, "vae2013: its title is that of kingma2014"),
        ("a2020", {"url": "https://arxiv.org/abs/1312.61", "title": "A"}, "is no arXiv number"),
        ("a2020", {"url": "https://doi.org/11.1/x", "title": "A"}, "is no arXiv number"),
        ("a2020", {"url": "example.org", "title": "A"}, "is no arXiv number"),
        ("a2020", {"url": "https://a.org/b", "title": "A", "year": "20"}, "'20' is no year"),
        ("Kingma", {"url": "https://a.org/b", "title": "A"}, "a key is a surname and a year"),
    ],
)
def test_a_planted_fault_is_told(key, change, words):
    both = {"kingma2014": GOOD, key: replace(GOOD, key=key, **change)}
    (told,) = check_links.faults(both)
    assert words in told


def test_a_missing_network_is_said_and_a_page_that_is_gone_is_named():
    both = {"kingma2014": GOOD, "a2020": replace(GOOD, url="https://a.org/b")}
    (told,) = check_links.unreachable(both, lambda url: None)
    assert "there is no network" in told
    (told,) = check_links.unreachable(both, lambda url: 404 if "a.org" in url else 200)
    assert told == "a2020: https://a.org/b answers 404."
