"""Language models: time runs one way, the cache tells the same, and what prompts may be."""

from __future__ import annotations

import math
import unicodedata

import pytest
import torch

from aigc_teach import data, losses
from aigc_teach.core import AigcError, DtypeError, RangeError, ShapeError, make_generator
from aigc_teach.models import GPT, CharRNN
from aigc_teach.nn.recurrent import gru_cell, lstm_cell, rnn_cell
from aigc_teach.train import TrainConfig, fit

V, T = 7, 9
BUILDERS = {
    "rnn": lambda: CharRNN(V, cell="rnn", width=8, layers=2, length=T),
    "gru": lambda: CharRNN(V, cell="gru", width=8, length=T, tied=False),
    "lstm": lambda: CharRNN(V, width=8, length=T, dropout=0.3),
    "learnt": lambda: GPT(V, context=T, width=8, heads=2, dropout=0.3),
    "sinusoidal": lambda: GPT(V, context=T, width=8, heads=2, positions="sinusoidal", tied=False),
    "rotary": lambda: GPT(V, context=T, width=8, heads=2, positions="rotary", spread=0.5),
}


@pytest.fixture(params=BUILDERS)
def model(request):
    torch.manual_seed(0)
    model = BUILDERS[request.param]().double().eval()
    for weight in model.parameters():  # far from the start, where all is nearly equal
        torch.nn.init.normal_(weight, std=0.5)
    return model


@pytest.fixture
def texts():
    return torch.randint(0, V, (4, T), generator=make_generator(1))


# ---------------------------------------------------------------- time runs one way


@pytest.mark.parametrize("changed", range(T))
def test_a_later_token_changes_no_prediction_before_it(model, texts, changed):
    other = texts.clone()
    other[:, changed] = (other[:, changed] + 1) % V
    with torch.no_grad():
        a, b = model(texts), model(other)
        first, second = (model.predict(x) for x in (texts, other))
    assert torch.equal(a[:, :changed], b[:, :changed])
    assert not torch.equal(a[:, changed], b[:, changed])  # it is read from its own place on
    assert torch.equal(first[:, : changed + 1], second[:, : changed + 1])  # nor its own


def test_the_gradient_of_one_prediction_reaches_earlier_tokens_only(model, texts):
    table = model.wte.weight if isinstance(model, GPT) else model.embedding.weight
    marked = torch.arange(6).expand(1, -1)  # six different tokens; 6 never comes
    for t in range(1, 6):
        logits = model.predict(marked)[0, t]
        (gradient,) = torch.autograd.grad(logits[6], table, retain_graph=True)
        reached = gradient.abs().sum(1)[:6] > 0
        assert reached[:t].all() and not reached[t:].any()


def test_reading_in_pieces_is_reading_at_once(model, texts):
    whole = model.predict(texts)
    state, unread, read = None, texts[:, :0], []
    with torch.no_grad():
        for t in range(T):
            logits, state = model.read(unread, state)
            read.append(logits)
            unread = texts[:, t : t + 1]
    assert torch.allclose(torch.stack(read, dim=1), whole, atol=1e-12)


@pytest.mark.parametrize("new", [T - 3, 3 * T])
def test_with_and_without_the_cache_the_same_tokens(model, texts, new):
    prompt = texts[:, :3]
    a, b = (
        list(model.generate(prompt, new, cache=cache, generator=make_generator(3)))[-1]
        for cache in (True, False)
    )
    assert torch.equal(a, b) and a.shape == (4, 3 + new) and torch.equal(a[:, :3], prompt)


def test_a_changed_token_changes_nothing_before_it_in_the_cache_either(model, texts):
    def read(x):
        logits, state = model.read(x[:, :5])
        return logits, model.read(x[:, 5:6], state)[0]

    other = texts.clone()
    other[:, 5] = (other[:, 5] + 1) % V
    with torch.no_grad():
        (before, after), (same, different) = read(texts), read(other)
    assert torch.equal(before, same) and not torch.equal(after, different)


# ---------------------------------------------------------------- probabilities


def test_the_probabilities_of_all_texts_sum_to_one():
    for build in (
        lambda: CharRNN(3, width=4, length=4),
        lambda: GPT(3, context=4, width=4, heads=1, layers=1),
    ):
        every = torch.cartesian_prod(*[torch.arange(3)] * 4)  # [81, 4]
        assert float(build().log_prob(every).exp().sum().detach()) == pytest.approx(1, abs=1e-5)


def test_the_loss_is_minus_the_mean_log_prob_and_in_bits(model, texts):
    total, parts = model.loss(texts)
    assert float(total.detach()) == pytest.approx(float(-model.log_prob(texts).detach().mean() / T))
    assert float(parts["bits"]) == pytest.approx(float(total) / math.log(2))


def test_a_uniform_model_pays_log_2_v_bits(model, texts):
    for name, weight in model.named_parameters():
        if name in ("wte.weight", "lm_head.weight", "embedding.weight", "bias") or "head" in name:
            torch.nn.init.zeros_(weight)
    assert float(model.loss(texts).parts["bits"]) == pytest.approx(math.log2(V))


def test_a_long_text_is_scored_token_by_token(model):
    text = torch.randint(0, V, (61,), generator=make_generator(2))
    scores = model.score(text)
    assert scores.shape == (61,) and (scores < 0).all() and not scores.requires_grad
    assert torch.allclose(scores[:T].sum(), model.log_prob(text[None, :T])[0].detach())
    if isinstance(model, CharRNN):  # everything before counts
        assert torch.allclose(scores.sum(), model.log_prob(text[None])[0].detach())
    else:  # with stride 1 each token sees all that fits
        sharp, last = model.score(text, stride=1), text[None, -T:]
        nll = losses.sequence.token_nll(model.predict(last), last)
        assert sharp.shape == (61,) and float(sharp[-1]) == pytest.approx(-float(nll[0, -1]))
        assert torch.equal(model.score(text[:4]), model.score(text)[:4])


def test_scores_of_a_recurrent_model_go_on_over_the_pieces(monkeypatch):
    from aigc_teach.models import char_rnn

    model, text = CharRNN(V, width=8), torch.arange(50) % V
    whole = model.score(text)
    monkeypatch.setattr(char_rnn, "LONGEST_PIECE", 7)
    assert torch.allclose(model.score(text), whole, atol=1e-5)


# ---------------------------------------------------------------- the recurrent layers


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_layers_are_the_cells_by_hand(cell):
    torch.manual_seed(0)
    model, texts = CharRNN(V, cell=cell, width=8), torch.randint(0, V, (2, T))
    step = {"rnn": rnn_cell, "gru": gru_cell, "lstm": lstm_cell}[cell]
    weights = [getattr(model.body, f"{name}_l0") for name in ("weight_ih", "weight_hh")]
    weights += [getattr(model.body, f"{name}_l0") for name in ("bias_ih", "bias_hh")]
    h = torch.zeros(2, 8)
    state, logits = (h, h) if cell == "lstm" else h, []
    for t in range(T):
        state = step(model.embedding(texts[:, t]), state, *weights)
        logits.append((state[0] if cell == "lstm" else state) @ model.embedding.weight.T)
    assert torch.allclose(torch.stack(logits, dim=1), model(texts), atol=1e-5)


def test_streams_carry_the_state_from_batch_to_batch_and_back_propagation_stops_there():
    torch.manual_seed(0)
    text = torch.randint(0, V, (24,))
    model = CharRNN(V, width=8, streams=2, forget=0.0).train()
    batches = data.Streams(text, batch_size=2, steps=4)
    with torch.no_grad():
        got = torch.cat([model.predict(next(batches)) for _ in range(3)], dim=1)  # [2, 12, V]
    whole = model.eval().predict(text.view(2, 12))
    assert torch.allclose(got, whole, atol=1e-5)
    model.train()
    total = model.loss(next(batches)).total  # a second one would fail if the graph went on
    total.backward()
    model.loss(next(batches)).total.backward()
    assert not model.carried.requires_grad and not model.last.requires_grad


def test_streams_that_forget_begin_anew():
    torch.manual_seed(0)
    model = CharRNN(V, width=8, streams=2, forget=1.0).train()
    batch = torch.randint(0, V, (2, 4))
    first, second = (model.predict(batch) for _ in range(2))
    assert torch.equal(first, second)
    with pytest.raises(ShapeError, match="2 streams; the batch has 3 rows"):
        model.loss(torch.zeros(3, 4).long())


def test_a_training_with_streams_resumes_bit_for_bit():
    text = torch.arange(400) % V

    def training(steps, resume=None):
        torch.manual_seed(0)
        model = CharRNN(V, width=8, streams=2, dropout=0.2) if resume is None else resume.model
        batches = data.Streams(text, batch_size=2, steps=5) if resume is None else resume.batches
        return fit(model, batches, TrainConfig(steps=steps, schedule="constant"), resume=resume)

    whole, halves = training(8), training(8, training(4))
    for a, b in zip(whole.model.parameters(), halves.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert torch.equal(whole.model.carried, halves.model.carried)


# ---------------------------------------------------------------- prompts


def test_prompts_empty_long_and_strange(model, texts):
    def drawn(prompt, new=2):
        return list(model.generate(prompt, new, generator=make_generator(0)))

    assert drawn(texts[:, :0])[-1].shape == (4, 2)  # an empty prompt begins a text
    long = torch.randint(0, V, (2, 5 * T))
    assert torch.equal(drawn(long)[-1][:, : 5 * T], long)  # longer than any context
    assert [x.shape[1] for x in drawn(texts, 3)] == [T + 1, T + 2, T + 3]
    assert drawn(texts, 0) == []
    with pytest.raises(RangeError, match=rf"0\.\.{V - 1}; yours lie in 0\.\.{V}"):
        drawn(torch.tensor([[0, V]]))
    with pytest.raises(DtypeError, match=r"data\.prompt"):
        model.sample(1, condition="once")
    with pytest.raises(DtypeError, match="int64"):
        drawn(torch.zeros(1, 2))
    with pytest.raises(ShapeError, match="4 prompts"):
        model.sample(4, condition=texts[:2])
    with pytest.raises(RangeError, match="Use generate"):
        model.sample(2, condition=long)
    one = model.sample(3, condition=texts[0, :2])  # one prompt for all
    assert torch.equal(one[:, :2], texts[:1, :2].expand(3, -1))


def test_temperature_0_is_the_likeliest_token_and_top_k_1_the_same(model, texts):
    prompt = texts[:, :2]
    cold, one = (
        list(model.generate(prompt, 4, generator=make_generator(seed), **how))[-1]
        for seed, how in enumerate([{"temperature": 0}, {"top_k": 1}])
    )
    best = prompt
    for _ in range(4):
        best = torch.cat([best, model(best, start=True)[:, -1].argmax(-1)[:, None]], dim=1)
    assert torch.equal(cold, best) and torch.equal(one, best)
    everything = list(model.generate(prompt, 4, top_k=10 * V, generator=make_generator(5)))[-1]
    plain = list(model.generate(prompt, 4, generator=make_generator(5)))[-1]
    assert torch.equal(everything, plain)


def test_bad_batches_are_sentences(model, texts):
    with pytest.raises(DtypeError, match="torch.float32"):
        model.loss(texts.float())
    with pytest.raises(ShapeError, match=r"\[9\]"):
        model.loss(texts[0])
    with pytest.raises(ShapeError, match="T at least 1"):
        model.loss(texts[:, :0])
    with pytest.raises(RangeError, match="another tokenizer"):
        model.loss(texts - 1)
    with pytest.raises(ShapeError, match=r"a tensor \[T\]"):
        model.score(texts)
    with pytest.raises(ShapeError, match="nothing to read"):
        model.read(texts[:, :0], model.read(texts)[1])


def test_a_gpt_refuses_more_than_its_context():
    model = GPT(V, context=4, width=8, heads=2)
    with pytest.raises(ShapeError, match="sees 4 tokens at once, the start counted; you gave 5"):
        model.loss(torch.zeros(1, 5).long())
    with pytest.raises(RangeError, match="leaves gaps"):
        model.score(torch.zeros(9).long(), stride=5)
    with pytest.raises(AigcError, match="'learnt', 'sinusoidal', 'rotary'"):
        GPT(V, positions="none")
    with pytest.raises(AigcError, match="'rnn', 'gru', 'lstm'"):
        CharRNN(V, cell="transformer")


@pytest.mark.parametrize(
    "text",
    ["e\u0301te\u0301", "👩‍👩‍👧 🇨🇭", "\U00020000黃", unicodedata.normalize("NFD", "ü"), "\x00\n"],
)
def test_any_unicode_goes_in_and_comes_back(text):
    """Combining marks, joined emoji, characters beyond the first plane, a NUL."""
    tokenizer = data.CharacterTokenizer(text * 2)
    ids = torch.tensor([tokenizer.encode(text)])
    model = CharRNN(tokenizer.size, width=8)
    assert model.loss(ids).total.isfinite()
    assert tokenizer.decode(model.sample(1, condition=ids)[0].tolist()).startswith(text)
