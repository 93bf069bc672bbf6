import numpy as np
import pytest
import torch

from aigc_teach.core import ChoiceError, Loss
from aigc_teach.train import History


def filled(steps=5):
    history = History()
    for step in range(1, steps + 1):
        history.append(step, Loss(torch.tensor(1.0 / step), {"kl": torch.tensor(float(step))}))
    return history


def test_series_and_steps():
    history = filled(3)
    assert history.names == ["kl", "total"]
    assert history["kl"].dtype == np.float32
    np.testing.assert_array_equal(history["kl"], [1, 2, 3])
    np.testing.assert_array_equal(history.steps("kl"), [1, 2, 3])
    assert history.last("kl") == 3.0
    assert len(history) == 3
    assert "kl" in history and "spread" not in history


def test_nothing_moves_until_someone_looks():
    history = filled(3)
    assert len(history._pending) == 6
    assert len(history) == 3
    assert not history._pending


def test_no_graph_is_kept():
    history, weight = History(), torch.tensor(2.0, requires_grad=True)
    history.append(1, Loss(weight * 3, {"part": weight * 2}))
    assert not any(value.requires_grad for value in history._pending.values())


def test_the_last_of_several_turns_in_a_step_counts():
    history = History()
    for value in (1.0, 2.0):
        history.append(1, Loss(torch.tensor(value), {}), "critic.")
    np.testing.assert_array_equal(history["critic.total"], [2.0])


def test_a_part_may_be_missing_in_some_steps_and_a_number_or_bf16():
    history = History()
    history.append(1, Loss(torch.tensor(1.0, dtype=torch.bfloat16), {}))
    history.append(2, Loss(torch.tensor(2.0, dtype=torch.float64), {"extra": 7}))
    np.testing.assert_array_equal(history.steps("extra"), [2])
    np.testing.assert_array_equal(history["total"], [1, 2])


def test_unknown_series_lists_the_known_ones():
    with pytest.raises(ChoiceError, match="series='loss' is not known.*'kl', 'total'"):
        filled()["loss"]


def test_state_round_trip_and_truncation():
    history, copy = filled(5), History()
    copy.load_state_dict(history.state_dict(), history.names)
    assert copy.names == history.names
    for name in history.names:
        np.testing.assert_array_equal(copy[name], history[name])
        np.testing.assert_array_equal(copy.steps(name), history.steps(name))
    copy.truncate(2)
    np.testing.assert_array_equal(copy.steps("total"), [1, 2])
    copy.truncate(0)
    assert copy.names == [] and len(copy) == 0


def test_a_series_that_was_read_stays_as_it_was():
    history = filled(2)
    before = history["kl"]
    history.append(3, Loss(torch.tensor(0.0), {"kl": torch.tensor(9.0)}))
    assert len(before) == 2 and len(history["kl"]) == 3
