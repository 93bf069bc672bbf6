"""The page of symptoms quotes what Python really says, and leads somewhere."""

from __future__ import annotations

import math
import re
import warnings

import pytest
import torch

from book.provoked import ELSEWHERE, PROVOKED
from lessons.places import here

PAGE = (here().book / "symptoms.md").read_text("utf-8")
ENTRIES = dict(re.findall(r"^### (.+)\n\n((?:(?!^#).*\n)*)", PAGE, re.MULTILINE))
QUOTED = {
    title
    for section in PAGE.split("\n## ")
    if section.startswith("Error texts")
    for title in re.findall(r"^### (.+)$", section, re.MULTILINE)
}


def said_by(mistake) -> str:
    """What Python says to a mistake: its error, or its warning."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            mistake()
        except Exception as error:
            return str(error)
    return "\n".join(str(warning.message) for warning in warned)


def holds(said: str, quoted: str) -> bool:
    """Whether the pieces of a quoted text stand in what was said, in their order."""
    at = 0
    for piece in quoted.split("…"):
        at = said.find(piece.strip(), at)
        if at < 0:
            return False
    return True


def title_of(beginning: str) -> str:
    (title,) = [title for title in ENTRIES if title.startswith(beginning)]
    return title


@pytest.mark.parametrize("beginning", PROVOKED)
def test_an_error_is_quoted_as_it_is_said(beginning):
    said = said_by(PROVOKED[beginning])
    title = title_of(beginning)
    quoted = [title, *re.findall(r'"([^"]+)"', ENTRIES[title])]  # older versions' words
    assert any(holds(said, text) for text in quoted), f"torch {torch.__version__} says: {said}"


def test_every_quoted_error_is_provoked_or_said_why_not():
    held = {title_of(beginning) for beginning in [*PROVOKED, *ELSEWHERE]}
    assert held >= QUOTED, QUOTED - held


def test_there_are_many_and_each_leads_on():
    assert len(ENTRIES) >= 60
    lead = re.compile(r"→\s\[[^]]+\]\([\w/]+\.md(#[\w-]+)?\)\n+$")
    for title, body in ENTRIES.items():
        assert lead.search(body), f"{title}: leads nowhere"
        assert len(body.split()) >= 10, title


def test_the_floors_of_two_sigmoids_are_the_numbers_quoted():
    logits = torch.linspace(-20, 20, 401).sigmoid()
    floors = [
        torch.nn.functional.binary_cross_entropy_with_logits(
            logits, torch.full_like(logits, label), reduction="none"
        ).min()
        for label in (1.0, 0.0)
    ]
    assert [f"{floor:.3f}" for floor in floors] == ["0.313", "0.693"]
    assert f"{math.log1p(math.exp(-1)):.3f}" == "0.313" and f"{2 * math.log(2):.3f}" == "1.386"
    assert "stops at 0.313" in PAGE and "For the label 0 the floor is 0.693" in PAGE


def test_two_scales_of_the_spread_in_one_formula_make_a_kl_negative():
    log_sigma = torch.linspace(-1, 1, 201)
    right = 0.5 * ((2 * log_sigma).exp() - 1 - 2 * log_sigma)
    mixed = [
        0.5 * ((2 * log_sigma).exp() - 1 - log_sigma),
        0.5 * (log_sigma.exp() - 1 - 2 * log_sigma),
    ]
    assert right.min() > -1e-6
    assert all(kl.min() < -0.01 for kl in mixed)
    assert "in one place of the formula" in PAGE
