"""Knowledge tracing against an enumeration of every hidden path."""

from __future__ import annotations

import itertools

import pytest
import torch

from aigc_teach.core import RangeError, make_generator
from aigc_teach.models import Skill

SKILL = Skill(first=0.35, learn=0.2, guess=0.25, slip=0.08)


def by_enumeration(skill, answers):
    """P(known after the last exercise | answers), summed over all paths of states."""
    joint = {False: 0.0, True: 0.0}
    for path in itertools.product([False, True], repeat=len(answers) + 1):
        p = skill.first if path[0] else 1 - skill.first
        for state, after, right in zip(path, path[1:], answers, strict=False):
            chance = 1 - skill.slip if state else skill.guess
            p *= chance if right else 1 - chance
            p *= float(after) if state else (skill.learn if after else 1 - skill.learn)
        joint[path[-1]] += p
    return joint[True] / sum(joint.values())


@pytest.mark.parametrize("answers", list(itertools.product([False, True], repeat=4)))
def test_it_equals_the_sum_over_all_paths(answers):
    known = torch.tensor(SKILL.first, dtype=torch.float64)
    for right in answers:
        known = SKILL.trace(known, torch.tensor(right))
    assert known.item() == pytest.approx(by_enumeration(SKILL, answers), abs=1e-12)


def test_simulated_learners_are_as_it_says():
    g, n = make_generator(0), 100_000
    known = torch.rand(n, generator=g) < SKILL.first
    right = torch.rand(n, generator=g) < SKILL.right(known.float())
    assert right.float().mean().item() == pytest.approx(
        SKILL.right(torch.tensor(SKILL.first)).item(), abs=0.01
    )
    known = known | (torch.rand(n, generator=g) < SKILL.learn)
    for answer in (True, False):
        belief = SKILL.trace(torch.tensor(SKILL.first), torch.tensor(answer))
        assert known[right == answer].float().mean().item() == pytest.approx(
            belief.item(), abs=0.01
        )


def test_gain_and_edges():
    p = torch.tensor([0.0, 0.5, 1.0])
    assert SKILL.gain(p).tolist() == pytest.approx([0.2, 0.1, 0.0])
    sure = Skill(0.5, 0.0, 0.0, 0.0)  # neither guesses nor slips
    assert sure.trace(torch.tensor([0.3, 0.3]), torch.tensor([True, False])).tolist() == [1, 0]
    assert sure.trace(torch.tensor(1.0), torch.tensor(False)).isfinite()
    with pytest.raises(RangeError, match="probabilities"):
        SKILL.trace(torch.tensor(1.2), torch.tensor(True))
