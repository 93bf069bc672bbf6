"""Drawing under a grammar, against texts that can all be enumerated."""

from __future__ import annotations

import itertools

import pytest
import torch

from aigc_teach import data, models
from aigc_teach.core import DataError, ShapeError, make_generator

ABC = data.CharacterTokenizer("abc")
LENGTH = 3


def same_ends(text: str) -> str:
    """Texts whose last character is the first: the rhyme in small."""
    return text[0] if len(text) == LENGTH - 1 else "abc"


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    model = models.CharRNN(ABC.size, width=6, tied=False).eval()
    for weight in model.parameters():
        weight.data *= 3  # far from uniform
    return model


@pytest.fixture(scope="module")
def exact(model):
    """Every text with the form: p, q by its definition, and the weight."""
    texts = ["".join(t) for t in itertools.product("abc", repeat=LENGTH) if t[0] == t[-1]]
    tokens = torch.tensor([ABC.encode(text) for text in texts])
    with torch.no_grad():
        p = model.log_prob(tokens).exp().double()
        steps = model(tokens[:, :-1], start=True).softmax(-1).double()  # [n, T, V]
    mass = torch.ones(len(texts), dtype=torch.float64)
    for row, text in enumerate(texts):
        for place in range(LENGTH):
            may = ABC.encode("".join(same_ends(text[:place])))
            mass[row] *= steps[row, place, may].sum()
    return texts, p, p / mass, mass


def shares(texts: list[str], drawn: list[str]) -> torch.Tensor:
    return torch.tensor([drawn.count(text) / len(drawn) for text in texts], dtype=torch.float64)


def test_masked_draws_follow_q_and_not_p_given_the_form(model, exact):
    texts, p, q, mass = exact
    assert abs(float(q.sum()) - 1) < 1e-6
    drawn = models.constrained(
        model, ABC, same_ends, 20_000, length=LENGTH, generator=make_generator(0)
    )
    assert set(drawn.texts) <= set(texts)
    given = p / p.sum()
    apart = (q - given).abs().sum() / 2  # total variation
    assert apart > 0.1
    found = shares(texts, drawn.texts)
    assert (found - q).abs().sum() / 2 < 0.02
    assert (found - given).abs().sum() / 2 > apart - 0.02
    for text, log_weight in zip(drawn.texts[:50], drawn.log_weights, strict=False):
        assert abs(float(log_weight.exp()) - float(mass[texts.index(text)])) < 1e-5


def test_the_mean_weight_is_the_chance_of_the_form(model, exact):
    _, p, q, mass = exact
    assert torch.allclose((q * mass).sum(), p.sum())
    drawn = models.constrained(
        model, ABC, same_ends, 5000, length=LENGTH, generator=make_generator(1)
    )
    assert abs(drawn.log_weights.exp().mean() - p.sum()) < 0.02


def test_rejection_and_picking_by_weight_lead_to_p_given_the_form(model, exact):
    texts, p, _, _ = exact
    g, given = make_generator(2), p / p.sum()
    *_, free = model.generate(torch.zeros(40_000, 0, dtype=torch.int64), LENGTH, generator=g)
    accepted = [t for t in map(ABC.decode, free.tolist()) if t in texts]
    assert abs(len(accepted) / 40_000 - p.sum()) < 0.01
    assert (shares(texts, accepted) - given).abs().sum() / 2 < 0.03
    drawn = models.constrained(model, ABC, same_ends, 64_000, length=LENGTH, generator=g)
    apart = []
    for k in (1, 4, 32):
        best = models.pick(drawn.log_weights, k, generator=g)
        apart.append((shares(texts, [drawn.texts[i] for i in best]) - given).abs().sum() / 2)
    assert apart[0] > 0.1 and apart[0] > apart[1] > apart[2] and apart[2] < 0.05


def test_temperature_goes_into_weights_and_0_takes_the_likeliest(model):
    cold = models.constrained(model, ABC, same_ends, 5, length=LENGTH, temperature=0)
    assert len(set(cold.texts)) == 1
    half = models.constrained(
        model, ABC, lambda text: "ab", 4, length=1, temperature=0.5, generator=make_generator(0)
    )
    with torch.no_grad():
        logits = model.read(torch.zeros(1, 0, dtype=torch.int64))[0][0]
    wanted = (logits / 0.5).softmax(0)[ABC.encode("ab")].sum().log()
    assert torch.allclose(half.log_weights, wanted.expand(4), atol=1e-5)


def test_a_mask_of_everything_changes_nothing(model):
    drawn = models.constrained(
        model, ABC, lambda text: [ABC.decode([k]) for k in range(ABC.size)], 6, length=4,
        generator=make_generator(5),
    )  # fmt: skip
    assert drawn.log_weights.abs().max() < 1e-5


@pytest.mark.parametrize("allowed", [lambda text: "", lambda text: "鯨", lambda text: set()])
def test_a_form_that_allows_nothing_is_told_in_words(model, allowed):
    with pytest.raises(DataError, match="allows nothing that the model knows"):
        models.constrained(model, ABC, allowed, 2, length=2)


def test_effective_size_and_pick_refuse_other_shapes():
    assert models.effective_size(torch.tensor([0.0, 0.0, -1000.0])) == pytest.approx(2)
    with pytest.raises(ShapeError, match="at least one"):
        models.effective_size(torch.zeros(0))
    with pytest.raises(ShapeError, match="groups of 3"):
        models.pick(torch.zeros(4), 3)
