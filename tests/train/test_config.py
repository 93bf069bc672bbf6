import dataclasses

import pytest

from aigc_teach.core import AigcError, ChoiceError, DtypeError, RangeError
from aigc_teach.train import TrainConfig

GAME = ("critic", "generator")


def test_cosine_falls_from_the_peak_to_zero():
    rates = [TrainConfig(steps=100, lr=2.0).learning_rate(step=s) for s in range(101)]
    assert rates[0] == 2.0
    assert rates[50] == pytest.approx(1.0)
    assert rates[100] == pytest.approx(0.0, abs=1e-12)
    assert all(a > b for a, b in zip(rates, rates[1:], strict=False))


def test_cosine_tail_is_constant_first():
    config = TrainConfig(steps=100, lr=2.0, schedule="cosine_tail")
    assert {config.learning_rate(step=s) for s in range(61)} == {2.0}
    assert config.learning_rate(step=80) == pytest.approx(1.0)
    assert config.learning_rate(step=100) == pytest.approx(0.0, abs=1e-12)


def test_a_rate_for_each_player():
    config = TrainConfig(steps=4, lr={"critic": 0.4, "generator": 0.1}, schedule="constant")
    assert config.learning_rate("critic", step=3) == 0.4
    assert config.learning_rate("generator", step=3) == 0.1
    assert config.turns_of(GAME) == [("critic", True), ("generator", False)]


@pytest.mark.parametrize(
    ("turns", "draws"),
    [
        (None, [True, False]),
        (("generator", "critic"), [True, False]),
        (("critic",) * 3 + ("generator",), [True, True, True, False]),
        (("critic", "generator", "critic", "generator"), [True, False, True, False]),
    ],
)
def test_a_new_batch_only_when_a_player_moves_again(turns, draws):
    config = TrainConfig(steps=1, turns=turns)
    assert [draw for _, draw in config.turns_of(GAME)] == draws


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"steps": 0}, RangeError, "steps=0 is too small"),
        ({"steps": 10.0}, DtypeError, "steps=10.0 is a float"),
        ({"lr": 0.0}, RangeError, "lr=0.0 must be a finite number above 0"),
        ({"lr": float("nan")}, RangeError, "lr=nan"),
        ({"lr": "0.1"}, DtypeError, "lr='0.1' is a str"),
        ({"lr": {"critic": -1.0}}, RangeError, r"lr\['critic'\]=-1.0"),
        ({"betas": (0.9, 1.0)}, RangeError, "below 1"),
        ({"betas": 0.9}, DtypeError, "two numbers"),
        ({"schedule": "linear"}, ChoiceError, "'cosine', 'cosine_tail', 'constant'"),
        ({"precision": "float16"}, ChoiceError, "'auto', 'bfloat16', 'float32'"),
        ({"seed": -1}, RangeError, "seed=-1"),
        ({"log_every": 0}, RangeError, "log_every=0"),
        ({"clip_norm": 0}, RangeError, "clip_norm=0"),
        ({"turns": "critic"}, DtypeError, r"turns=\('critic',\)"),
        ({"turns": ()}, DtypeError, "at least one player"),
    ],
)
def test_senseless_settings_are_refused_in_words(settings, error, words):
    with pytest.raises(error, match=words):
        TrainConfig(**{"steps": 10, **settings})


def test_unknown_and_forgotten_players_are_refused():
    with pytest.raises(ChoiceError, match="turns='judge' is not known.*'critic', 'generator'"):
        TrainConfig(steps=1, turns=("judge",)).turns_of(GAME)
    with pytest.raises(ChoiceError, match="player='judge'"):
        TrainConfig(steps=1, lr={"judge": 1.0}).turns_of(GAME)
    with pytest.raises(AigcError, match="no learning rate for the player 'generator'"):
        TrainConfig(steps=1, lr={"critic": 1.0}).turns_of(GAME)


def test_it_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig(steps=1).steps = 2
