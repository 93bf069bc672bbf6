"""What is read off a film: the place, the shift, the delay."""

from __future__ import annotations

import pytest
import torch

from aigc_teach.core import AigcError, DataError, RangeError, ShapeError, make_generator
from aigc_teach.data import moving_pictures, plain_shapes
from aigc_teach.metrics import motion


def test_the_centre_moves_as_the_picture_does():
    clips = moving_pictures(6, plain_shapes(), frames=12, generator=make_generator(1))
    found = motion.centre(clips.x[:, :, 0])  # [N, T, 2]
    assert torch.allclose(found - clips.where, (found - clips.where)[:, :1], atol=1e-4)
    assert torch.allclose(found[0] - clips.where[0], torch.tensor(3.5), atol=1e-4)  # a disc of 8


def test_a_faint_haze_does_not_pull_the_centre():
    frame = torch.full((16, 16), -1.0)
    frame[2:4, 3:5] = 1.0
    haze = frame.clone()
    haze[8:] = -0.1  # less than half of the ink
    assert torch.equal(motion.centre(haze), motion.centre(frame))
    assert motion.centre(torch.full((4, 4), -1.0)).isnan().all()


def test_shifts_are_found_round_the_edges():
    g = make_generator(3)
    before = torch.rand(20, 9, 12, generator=g)
    by = torch.stack(
        [torch.randint(-4, 5, (20,), generator=g), torch.randint(-5, 6, (20,), generator=g)], dim=1
    )
    pairs = zip(before, by.tolist(), strict=True)
    after = torch.stack([x.roll(step, dims=(0, 1)) for x, step in pairs])
    assert torch.equal(motion.phase_shift(before, after), by)
    assert torch.equal(motion.phase_shift(before[0], after[0]), by[0])


def test_a_planted_delay_is_found_either_way():
    loud = torch.rand(60, generator=make_generator(2))
    for k in range(-8, 9):
        late = loud[10 - k : 50 - k]
        assert motion.delay(2 * late + 5, loud[10:50]) == (k, 1.0)
    assert motion.delay(-loud, loud).correlation < 0.6


def test_of_equal_delays_the_shortest():
    beat = torch.tensor([0.0, 1.0] * 10)
    assert motion.delay(beat, beat).frames == 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: motion.centre(torch.zeros(4)), ShapeError, "H, W"),
        (lambda: motion.centre(torch.zeros(4, 4).int()), AigcError, "float tensor"),
        (lambda: motion.centre("film"), AigcError, "float tensor"),
        (lambda: motion.centre(torch.zeros(2, 0, 4)), ShapeError, "with pixels"),
        (lambda: motion.phase_shift(torch.zeros(4, 4), torch.zeros(4, 5)), ShapeError, "one shape"),
        (lambda: motion.delay(torch.zeros(20), torch.zeros(20)), DataError, "each must change"),
        (lambda: motion.delay(torch.rand(20), torch.rand(19)), ShapeError, "one T"),
        (lambda: motion.delay([1, 2], torch.rand(2)), AigcError, "torch.Tensor"),
        (lambda: motion.delay(torch.rand(12), torch.rand(12)), RangeError, "at least 13"),
        (lambda: motion.delay(torch.full((20,), torch.nan), torch.rand(20)), DataError, "finite"),
    ],
)
def test_bad_input_in_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()
