"""The networks for frames and durations: their inputs are where they should be, and they learn."""

from __future__ import annotations

import pytest
import torch

from aigc_teach import data
from aigc_teach.core import AigcError
from aigc_teach.models import Durations, Speaker
from aigc_teach.models.speaker import frame_inputs, frames_of, neighbours, phoneme_inputs


def test_frames_lie_in_the_phoneme_that_sounds_then():
    one = data.speech()[3]
    places = frames_of(one.ends, 128)
    assert len(places) == 1 + len(one.wave) // 128
    for frame, place in enumerate(places.tolist()):
        at = min(frame * 128, len(one.wave) - 1)
        assert one.starts[place] <= at < one.ends[place]


def test_inputs_count_from_both_ends():
    signs, ends = torch.tensor([0, 5, 0]), torch.tensor([100, 300, 400])
    near, numbers = frame_inputs(
        signs, torch.tensor([0, 2, 0]), ends, 0.5, silence=0, hop=50, rate=1000
    )
    assert near[:, 2].tolist() == [0, 0, 5, 5, 5, 5, 0, 0, 0]
    share = numbers[:, 0]
    assert torch.allclose(share[2:6], torch.tensor([0.0, 0.25, 0.5, 0.75]))
    assert torch.allclose(share + numbers[:, 1], torch.ones(9))
    assert numbers[:, 5].tolist() == [0, 0, 1, 1, 1, 1, 0, 0, 0]
    assert (numbers[:, 6] == 0.5).all() and (numbers.isfinite()).all()
    assert numbers[0, 7] == 0 and numbers[-1, 7] == 1


def test_without_context_the_neighbours_change_nothing():
    torch.manual_seed(0)
    near = torch.randint(9, (1, 12, 5))
    other = near.clone()
    other[..., [0, 1, 3, 4]] = (near[..., [0, 1, 3, 4]] + 1) % 9
    numbers = torch.randn(1, 12, 10)
    alone, full = Speaker(9, 4, context=False).eval(), Speaker(9, 4).eval()
    assert torch.equal(alone(near, numbers), alone(other, numbers))
    assert not torch.allclose(full(near, numbers), full(other, numbers))
    moved = numbers.clone()
    moved[0, 5] += 1  # another frame's numbers
    changed = (alone(near, moved) != alone(near, numbers)).any(-1)[0]
    assert changed.nonzero().flatten().tolist() == [5]


def test_mean_and_spread_are_those_of_the_training_frames():
    torch.manual_seed(0)
    levels = 3 + 2 * torch.randn(5000, 4)
    speaker = Speaker(9, 4)
    speaker.measure(levels)
    assert torch.allclose(speaker.mean, levels.mean(0)) and "mean" in speaker.state_dict()
    assert torch.allclose(speaker.spread, levels.std(0))


def test_both_learn():
    torch.manual_seed(0)
    near = torch.randint(9, (2, 30, 5))
    target = torch.randn(9, 4)[near[..., 2]]
    for net, wanted, x in (
        (Speaker(9, 4, width=32), target, (near, torch.zeros(2, 30, 10))),
        (Durations(9, width=32), target[0, :, 0], (near[0], torch.zeros(30, 5))),
    ):
        optimizer = torch.optim.Adam(net.parameters(), 3e-3)
        first = (net(*x) - wanted).square().mean().item()
        for _ in range(60):
            optimizer.zero_grad()
            loss = (net(*x) - wanted).square().mean()
            loss.backward()
            optimizer.step()
        assert loss.item() < 0.3 * first


def test_neighbours_and_numbers_of_phonemes():
    assert neighbours(torch.tensor([1, 2, 3]), silence=0)[1].tolist() == [0, 1, 2, 3, 0]
    one = data.speech()[0]
    signs = torch.arange(len(one.signs))
    near, numbers = phoneme_inputs(signs, one.stress, one.word, silence=0)
    assert near[:, 2].tolist() == signs.tolist() and numbers.shape == (len(signs), 5)
    assert (numbers[:, 1] == (one.word == 0)).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Speaker(0, 4), "signs"),
        (lambda: Speaker(9, 4)(torch.zeros(2, 5).long(), torch.zeros(2, 10)), "3 axes"),
        (lambda: Speaker(9, 4)(torch.zeros(1, 2, 4).long(), torch.zeros(1, 2, 10)), "last of 5"),
        (lambda: Speaker(9, 4)(torch.zeros(1, 2, 5).long(), torch.zeros(1, 3, 10)), "The numbers"),
        (lambda: Speaker(9, 4)(torch.zeros(1, 2, 5), torch.zeros(1, 2, 10)), "whole numbers"),
        (lambda: Speaker(9, 4)(torch.full((1, 2, 5), 9), torch.zeros(1, 2, 10)), "from 0 to 8"),
        (lambda: Durations(9)(torch.zeros(1, 2, 5).long(), torch.zeros(1, 2, 5)), "2 axes"),
        (lambda: frames_of(torch.tensor([5, 3]), 2), "never fall"),
        (lambda: frames_of(torch.tensor([5]), 0), "hop"),
        (
            lambda: frame_inputs(
                torch.zeros(2).long(), torch.zeros(3), torch.ones(2), 0.0,
                silence=0, hop=1, rate=1,
            ),
            "one of each",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence(call, words):
    with pytest.raises(AigcError, match=words):
        call()
