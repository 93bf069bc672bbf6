"""The records are those of the source, and the invented visits obey their closed forms."""

from __future__ import annotations

import importlib
import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError, RangeError, ShapeError, make_generator

home = importlib.import_module("aigc_teach.data.records")
TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_records", TOOLS / "make_records.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_record_is_there():
    few, all_of_them = data.records(), data.records("all")
    assert few.rows.shape == (569, 11) and all_of_them.rows.shape == (569, 31)
    assert few.rows.dtype == torch.float32 and few.rows.isfinite().all()
    assert torch.equal(few.rows[:, :10], all_of_them.rows[:, :10])
    assert few.categories == (0,) * 10 + (2,) and few.values[-1] == ("benign", "malignant")
    assert len(set(all_of_them.names)) == 31 and all_of_them.names[-1] == "diagnosis"
    assert (few.rows[:, -1] == 1).sum() == 212
    with pytest.raises(ChoiceError, match="'mean', 'all'"):
        data.records("worst")


def test_the_numbers_are_those_of_scikit_learn():
    bunch = pytest.importorskip("sklearn.datasets").load_breast_cancer()
    ours = data.records("all")
    assert np.array_equal(ours.rows[:, :30].numpy(), bunch.data.astype(np.float32))
    assert np.array_equal(ours.rows[:, 30].numpy(), (bunch.target == 0).astype(np.float32))
    theirs = [name.split() for name in bunch.feature_names]
    assert [sorted(name.split()) for name in ours.names[:30]] == [sorted(words) for words in theirs]


def test_the_tool_keeps_every_decimal_and_stops_where_it_cannot(tool):
    arrays = tool.arrays_of(np.array([[0.5, 12.0], [0.25, 7.0]]), np.array([0, 1], dtype=np.uint8))
    assert arrays["decimals"].tolist() == [2, 0]
    assert arrays["whole"].tolist() == [[50, 12], [25, 7]]
    with pytest.raises(SystemExit, match="more than 7 decimals"):
        tool.arrays_of(np.array([[1 / 3]]), np.array([0], dtype=np.uint8))


def test_the_stored_file_holds_what_its_record_says(tool):
    assert home.about()["sha256_of_arrays"] == tool.stored_sha256(tool.FILE)
    with np.load(home.FILE) as stored:
        arrays = {name: stored[name] for name in stored.files}
    assert tool.npz_bytes(**arrays) == home.FILE.read_bytes()


def test_a_damaged_file_is_refused(tmp_path, monkeypatch):
    raw = bytearray(home.FILE.read_bytes())
    raw[300] ^= 1
    copy = tmp_path / "records.npz"
    copy.write_bytes(raw)
    monkeypatch.setattr(home, "FILE", copy)
    with pytest.raises(DataError, match=r"records\.npz is damaged"):
        data.records()
    assert home.verify() == [
        "records.npz is damaged (other sha256). Install aigc-teach again to get it back."
    ]


def test_many_visits_have_the_shares_and_means_of_the_closed_forms():
    n = 200_000
    rows, truth = data.visits(n, generator=make_generator(0)).rows.double(), data.visits_truth()
    pairs = torch.zeros(4, 2).double()
    for ward in range(4):
        for insured in range(2):
            pairs[ward, insured] = ((rows[:, 0] == ward) & (rows[:, 1] == insured)).double().mean()
    assert torch.allclose(pairs, truth.pairs, atol=4 / math.sqrt(n))
    assert torch.allclose(pairs.sum(1), truth.shares, atol=4 / math.sqrt(n))
    assert abs(rows[:, 2].mean() - truth.mean_age) < 0.15
    assert abs(rows[:, 3].nanmean() - truth.mean_seen) < 0.2
    assert abs(rows[:, 3].isnan().double().mean() - truth.missing) < 0.003
    assert truth.mean_seen < truth.mean_bill - 1  # who lacks a bill would have had a higher one


def test_the_truth_of_all_visits_where_nothing_is_hidden(monkeypatch):
    monkeypatch.setattr(home, "MISSING", (0.0, 0.0))
    rows, truth = (
        data.visits(200_000, generator=make_generator(1)).rows.double(),
        data.visits_truth(),
    )
    assert abs(rows[:, 3].mean() - truth.mean_bill) < 0.2
    assert abs(torch.corrcoef(rows[:, 2:].T)[0, 1] - truth.correlation) < 0.005
    assert truth.mean_seen == pytest.approx(truth.mean_bill) and truth.missing == pytest.approx(0)


def test_the_probabilities_of_visits_sum_to_one():
    """Over wards, insurance, ages on a grid, and bills seen on a grid or missing."""
    step = 1.0
    age, bill = torch.arange(0.0, 110, step), torch.arange(-60.0, 200, step)
    total = 0.0
    for ward in range(4):
        for insured in range(2):
            cells = torch.cartesian_prod(age, bill)
            head = torch.tensor([float(ward), float(insured)])
            rows = torch.cat([head.expand(len(cells), 2), cells], 1)
            total += data.visits_log_prob(rows).exp().sum().item() * step**2
            gone = torch.cat([head.expand(len(age), 2), age[:, None], age[:, None] * torch.nan], 1)
            total += data.visits_log_prob(gone).exp().sum().item() * step
    assert total == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "rows, error",
    [
        (torch.zeros(3, 3), ShapeError),
        (torch.zeros(4), ShapeError),
        (torch.tensor([[4.0, 0.0, 50.0, 30.0]]), RangeError),
        (torch.tensor([[0.5, 0.0, 50.0, 30.0]]), RangeError),
        (torch.tensor([[1.0, 2.0, 50.0, 30.0]]), RangeError),
        (torch.tensor([[1.0, 0.0, torch.nan, 30.0]]), RangeError),
        (torch.tensor([[torch.nan, 0.0, 50.0, 30.0]]), RangeError),
    ],
)
def test_what_is_no_visit_is_a_sentence(rows, error):
    with pytest.raises(error, match=r"\w+ \w+.*\."):
        data.visits_log_prob(rows)
    with pytest.raises(RangeError, match="n=0"):
        data.visits(0)
