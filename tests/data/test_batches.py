"""Batches: every item once an epoch, always full, exactly resumable, clear about bad input."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import (
    CheckpointError,
    DataError,
    DtypeError,
    Labelled,
    RangeError,
    ShapeError,
)
from aigc_teach.data import Batches


def numbers(n: int) -> torch.Tensor:
    return torch.arange(float(n)).unsqueeze(1)  # [n, 1]


def served(batches: Batches, steps: int) -> list[float]:
    return [value for _ in range(steps) for value in next(batches).flatten().tolist()]


@pytest.mark.parametrize("n, batch_size", [(12, 4), (10, 4), (7, 7), (7, 5), (5, 1), (128, 128)])
def test_every_item_once_an_epoch_and_batches_always_full(n, batch_size):
    batches = Batches(numbers(n), batch_size=batch_size)
    items = []
    for _ in range(3 * n):
        batch = next(batches)
        assert batch.shape == (batch_size, 1)
        items += batch.flatten().tolist()
    for start in range(0, len(items) - n + 1, n):
        assert sorted(items[start : start + n]) == list(range(n))


def test_len_is_batches_an_epoch():
    lengths = [len(Batches(numbers(10), batch_size=b)) for b in (1, 3, 5, 9, 10)]
    assert lengths == [10, 4, 2, 2, 1]


def test_epochs_differ_and_seeds_differ_and_repeat():
    first = served(Batches(numbers(50), batch_size=50, seed=3), 2)
    assert first[:50] != first[50:]
    assert first == served(Batches(numbers(50), batch_size=50, seed=3), 2)
    assert first != served(Batches(numbers(50), batch_size=50, seed=4), 2)


def test_the_order_is_uniform():
    """Over many epochs each item comes first about equally often (chi-square, 9 degrees)."""
    batches = Batches(numbers(10), batch_size=10)
    firsts = np.bincount([int(next(batches)[0]) for _ in range(3000)], minlength=10)
    assert ((firsts - 300) ** 2 / 300).sum() < 33.7  # exceeded once in 10,000 fair shuffles


def test_the_order_does_not_depend_on_the_batch_size():
    small, large = Batches(numbers(12), batch_size=3), Batches(numbers(12), batch_size=6)
    assert served(small, 8) == served(large, 4)


def test_global_randomness_is_neither_used_nor_disturbed():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    served(Batches(numbers(6), batch_size=4), 5)
    assert torch.equal(torch.rand(3), expected)


def test_conditions_stay_with_their_items():
    x, labels = data.digits("held_out")
    for batch in itertools.islice(Batches(x, labels, batch_size=64), 20):
        assert isinstance(batch, Labelled)
        for image, label in zip(batch.x[:4], batch.condition[:4], strict=True):
            assert labels[(x == image).flatten(1).all(1)].tolist() == [label.item()]


def test_the_data_are_never_changed_and_a_batch_is_a_copy():
    x = numbers(6)
    batches = Batches(x, batch_size=6)
    next(batches).fill_(-9)
    assert torch.equal(x, numbers(6)) and min(served(batches, 1)) == 0


@pytest.mark.parametrize("stop", range(9))
def test_resume_is_exact_at_every_step(stop):
    going = Batches(numbers(10), batch_size=4, seed=2)
    served(going, stop)
    state = json.loads(json.dumps(going.state_dict()))  # plain numbers: they survive any file
    resumed = Batches(numbers(10), batch_size=4, seed=99)
    served(resumed, 1)
    resumed.load_state_dict(state)
    assert served(resumed, 9) == served(going, 9)
    assert resumed.state_dict() == going.state_dict()


def test_a_state_of_tensors_is_taken_too():
    going = Batches(numbers(10), batch_size=4)
    served(going, 3)
    resumed = Batches(numbers(10), batch_size=4)
    resumed.load_state_dict({k: torch.tensor(v) for k, v in going.state_dict().items()})
    assert served(resumed, 4) == served(going, 4)


def test_an_interrupted_step_loses_no_item(monkeypatch):
    batches = Batches(numbers(10), batch_size=4)
    served(batches, 2)
    expected = Batches(numbers(10), batch_size=4)
    expected.load_state_dict(batches.state_dict())

    def stop(index):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(batches, "_gather", stop)
        with pytest.raises(KeyboardInterrupt):
            next(batches)
    assert served(batches, 4) == served(expected, 4)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"n": 11}, "n=11"),
        ({"batch_size": 5}, "batch_size=5"),
        ({"epoch": -1}, "damaged"),
        ({"position": 12}, "damaged"),
    ],
)
def test_a_state_of_other_batches_is_refused(change, words):
    batches = Batches(numbers(10), batch_size=4)
    before = batches.state_dict()
    with pytest.raises(CheckpointError, match=words):
        batches.load_state_dict({**before, **change})
    assert batches.state_dict() == before


def test_a_state_that_lacks_an_entry_is_refused():
    with pytest.raises(CheckpointError, match="position"):
        Batches(numbers(10), batch_size=4).load_state_dict({"n": 10, "batch_size": 4, "seed": 0})


def test_to_keeps_the_place_and_sets_the_memory_format():
    x = torch.zeros(8, 3, 4, 4) + torch.arange(8.0).view(8, 1, 1, 1) / 8
    plain, moved = Batches(x, batch_size=3), Batches(x, batch_size=3)
    next(plain), next(moved)
    assert moved.to("cpu", channels_last=True) is moved
    for _ in range(4):
        batch = next(moved)
        assert batch.is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(batch, next(plain))
    assert next(moved.to("cpu")).is_contiguous()


def test_channels_last_is_no_matter_for_points():
    batch = next(Batches(data.toy2d("ring", 9), batch_size=4).to("cpu", channels_last=True))
    assert batch.shape == (4, 2)


def test_tokens_and_half_precision_pass():
    tokens = torch.arange(12).view(4, 3)
    assert next(Batches(tokens, batch_size=4)).dtype == torch.int64
    assert next(Batches(numbers(4).bfloat16(), batch_size=2)).dtype == torch.bfloat16


def test_data_with_gradients_give_plain_batches():
    assert not next(Batches(numbers(4).requires_grad_(), batch_size=2)).requires_grad


IMAGES = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0)) * 2 - 1
NAN = torch.tensor([[0.0], [float("nan")], [1.0]])
BAD = {
    "empty": (torch.zeros(0, 2), DataError, "empty"),
    "no images": (torch.zeros(0, 1, 4, 4), DataError, "empty"),
    "a number": (torch.tensor(3.0), ShapeError, "first axis"),
    "an array": (np.zeros((6, 2), dtype=np.float32), DtypeError, "torch.Tensor.*ndarray"),
    "NaN": (NAN, RangeError, "NaN"),
    "infinite": (NAN.nan_to_num(float("inf")), RangeError, "infinite"),
    "NaN in images": (IMAGES / IMAGES.clamp(0, 0), RangeError, "NaN"),
    "bytes range": (IMAGES * 127.5 + 127.5, RangeError, r"x / 127\.5 - 1"),
    "uint8 images": (torch.zeros(6, 1, 4, 4, dtype=torch.uint8), DtypeError, r"127\.5"),
    "uint8 points": (torch.zeros(6, 2, dtype=torch.uint8), DtypeError, "float32"),
    "float64": (torch.zeros(6, 2, dtype=torch.float64), DtypeError, r"x\.float\(\)"),
    "float64 images": (IMAGES.double(), DtypeError, r"x\.float\(\)"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_data_are_a_sentence(name):
    x, error, words = BAD[name]
    with pytest.raises(error, match=words):
        Batches(x, batch_size=2)


def test_latent_codes_may_leave_the_range_but_not_be_nan():
    assert next(Batches(IMAGES * 9, batch_size=2, check_range=False)).abs().max() > 1
    with pytest.raises(RangeError, match="NaN"):
        Batches(IMAGES / 0 * 0, batch_size=2, check_range=False)


@pytest.mark.parametrize(
    "condition, error, words",
    [
        (torch.zeros(5, dtype=torch.int64), ShapeError, "each of the 6 items; it is 5"),
        (torch.tensor(1), ShapeError, "single number"),
        ([0] * 6, DtypeError, "torch.Tensor; you gave a list"),
        (torch.zeros(6, dtype=torch.uint8), DtypeError, r"labels\.long\(\)"),
        (torch.full((6,), float("nan")), RangeError, "condition.*NaN"),
    ],
)
def test_bad_conditions_are_a_sentence(condition, error, words):
    with pytest.raises(error, match=words):
        Batches(IMAGES, condition, batch_size=2)


@pytest.mark.parametrize(
    "options, error, words",
    [
        ({"batch_size": 7}, DataError, "batch_size=7 is larger.*6 items.*at most 6"),
        ({"batch_size": 0}, RangeError, "batch_size=0"),
        ({"batch_size": 2.0}, DtypeError, "whole number"),
        ({"batch_size": 2, "seed": -1}, RangeError, "seed=-1"),
    ],
)
def test_bad_options_are_a_sentence(options, error, words):
    with pytest.raises(error, match=words):
        Batches(IMAGES, **options)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA, and there is none here")
def test_on_cuda_the_order_is_the_cpus_and_moving_keeps_the_place():
    x, labels = data.digits("held_out")
    on_cpu, on_gpu = (Batches(x, labels, batch_size=96, seed=1) for _ in range(2))
    next(on_cpu), next(on_gpu)
    on_gpu.to("cuda", channels_last=True)
    assert on_gpu.device.type == "cuda"
    for _ in range(12):
        a, b = next(on_cpu), next(on_gpu)
        assert b.x.is_cuda and b.condition.is_cuda
        assert torch.equal(a.x, b.x.cpu()) and torch.equal(a.condition, b.condition.cpu())
    resumed = Batches(x.cuda(), labels, batch_size=96)
    resumed.load_state_dict(on_cpu.state_dict())
    assert torch.equal(next(resumed).x.cpu(), next(on_cpu).x)


def test_padding_at_a_batch_s_end_is_left_out():
    rows = torch.tensor([[5, 1, 0, 0], [4, 6, 1, 0], [7, 1, 0, 0], [1, 0, 0, 0]])
    whole = Batches(rows, rows.flip(0), batch_size=2, seed=3)
    short = Batches(rows, rows.flip(0), batch_size=2, seed=3, padding=0)
    for _ in range(6):
        for all_columns, kept in zip(next(whole), next(short), strict=True):
            width = int((all_columns != 0).sum(1).max())
            assert torch.equal(kept, all_columns[:, :width])
    empty = Batches(torch.zeros(2, 3, dtype=torch.int64), batch_size=2, padding=0)
    assert next(empty).shape == (2, 1)


@pytest.mark.parametrize(
    ("x", "condition"), [(torch.zeros(4, 2), None), (torch.zeros(4, 2).long(), torch.ones(4))]
)
def test_what_holds_no_rows_of_tokens_has_no_padding(x, condition):
    with pytest.raises(DtypeError, match=r"must be int64 \[N, T\] where padding"):
        Batches(x, condition, batch_size=2, padding=0)
