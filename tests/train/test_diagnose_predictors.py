"""Language models and noise predictors: the mistakes of their kind, and sound ones in peace."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aigc_teach.core import DtypeError
from aigc_teach.train import diagnose, watch
from train import predicted
from train.predicted import Attends, Denoiser, Remembers, WithLoss

TEXT = predicted.text()


def untrained(net: nn.Module, slip: str = ""):
    return diagnose(real=TEXT, model=net, losses=predicted.words_loss(net, slip))


@pytest.mark.parametrize("make", [Attends, Remembers, WithLoss])
def test_a_sound_language_model_is_read_and_left_in_peace(make):
    torch.manual_seed(0)
    given, watched = predicted.fit(net := make(), predicted.words_loss(net), TEXT)
    found = diagnose(**given)
    assert not found and not watched
    assert {"wrong_shift", "sees_the_future", "loss_of_a_constant"} <= {*found.absent}
    assert "loss_of_a_constant" in watched.absent or make is WithLoss
    assert found.unknown["range_mismatch"] == "the data are tokens, not numbers"


@pytest.mark.parametrize(
    ("make", "slip", "words"),
    [
        (Attends, "same", "the very token"),
        (Attends, "back", "the token before"),
        (Attends, "twice", "the next token but one"),
        (Remembers, "same", "the very token"),
        (WithLoss, "twice", "the next token but one"),
    ],
)
def test_a_wrong_shift_is_seen_from_the_loss_alone(make, slip, words):
    torch.manual_seed(0)
    assert words in untrained(make(), slip).findings["wrong_shift"]


@pytest.mark.parametrize(
    "make", [lambda: Attends(False), lambda: Remembers(True), lambda: WithLoss(False)]
)
def test_a_network_that_reads_what_it_is_to_predict_is_found(make):
    torch.manual_seed(0)
    found = untrained(make())
    assert "the end changes the answers before" in found.findings["sees_the_future"]
    assert "wrong_shift" in found.absent


def test_masked_words_and_rows_that_are_their_own_target_are_not_judged():
    torch.manual_seed(0)
    net = Attends(causal=False)

    def masked(x):
        hidden = torch.rand(x.shape) < 0.3
        target = torch.where(hidden, x, -100)
        return F.cross_entropy(
            net(x.masked_fill(hidden, 0)).flatten(0, 1), target.flatten(), ignore_index=-100
        )

    for loss in (masked, predicted.words_loss(net, "same")):
        found = diagnose(real=TEXT, model=net, losses=loss)
        assert not {"wrong_shift", "sees_the_future"} & {*found.findings}
        assert {"wrong_shift", "sees_the_future"} <= {*found.unknown}


def test_targets_may_come_beside_the_tokens():
    torch.manual_seed(0)
    net = Attends()
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(TEXT[:, :-1], TEXT[:, 1:]), batch_size=32
    )
    loss = {"lm": lambda x, y: predicted.cross_entropy(net(x), y)}
    assert "wrong_shift" in diagnose(real=loader, model=net, losses=loss).absent


@pytest.mark.parametrize("make", [Attends, Remembers])
@pytest.mark.parametrize("slip", ["unrelated", "rate"])
def test_a_language_model_that_stands_at_a_constant_is_told_so(make, slip):
    torch.manual_seed(0)
    if make is Remembers and slip == "unrelated":
        pytest.skip("planted in one network")
    net = make()
    rate = 1e-9 if slip == "rate" else 1e-3
    given, watched = predicted.fit(net, predicted.words_loss(net, slip), TEXT, lr=rate)
    found = diagnose(**given)
    assert "log V is 2.4" in found.findings["loss_of_a_constant"]
    assert "log V is 2.4" in watched.findings["loss_of_a_constant"] or make is Remembers


@pytest.mark.parametrize("data", ["points", "pictures"])
@pytest.mark.parametrize("kind", ["noise", "flow", "column"])
def test_a_sound_noise_predictor_is_left_in_peace(data, kind):
    torch.manual_seed(0)
    x = predicted.data_of(data)
    size = x.shape[1]
    net = Denoiser(size)
    if kind == "column":
        net = nn.Sequential(nn.Linear(size + 1, 96), nn.SiLU(), nn.Linear(96, size))
    given, watched = predicted.fit(net, predicted.noise_loss(net, kind=kind), x)
    found = diagnose(**given)
    assert not found and not watched
    assert {"noise_too_weak", "step_ignored", "loss_of_a_constant"} <= {*found.absent}
    assert "loss_of_a_constant" in watched.absent


@pytest.mark.parametrize("data", ["points", "pictures"])
@pytest.mark.parametrize("slip", ["another noise", "bytes", "rate"])
def test_a_noise_predictor_that_stands_at_a_constant_is_told_so(data, slip):
    torch.manual_seed(1)
    x = predicted.data_of(data)
    if slip == "bytes":
        x = 127.5 * (x + 1)
    net = Denoiser(x.shape[1])
    loss = predicted.noise_loss(net, slip)
    given, watched = predicted.fit(net, loss, x, lr=1e-9 if slip == "rate" else 3e-3)
    found = diagnose(**given)
    too_large = {"range_mismatch", "noise_too_weak"} if slip == "bytes" else set()
    assert "loss_of_a_constant" in found or too_large & {*found.findings}
    assert "loss_of_a_constant" in watched or slip == "bytes"


@pytest.mark.parametrize("kind", ["noise", "column"])
@pytest.mark.parametrize(("steps", "weak"), [(1000, False), (100, True)])
def test_a_schedule_that_never_reaches_noise_is_found(kind, steps, weak):
    torch.manual_seed(0)
    x = predicted.data_of("pictures")
    net = Denoiser(64) if kind == "noise" else nn.Linear(65, 64)
    found = diagnose(real=x, model=net, losses=predicted.noise_loss(net, steps=steps, kind=kind))
    assert ("noise_too_weak" in found) is weak
    assert weak or "noise_too_weak" in found.absent


@pytest.mark.parametrize("blind", [True, False])
def test_a_step_that_is_not_used_is_found(blind):
    torch.manual_seed(0)
    x = predicted.data_of("points")
    net = Denoiser(2, blind=blind)
    found = diagnose(real=x, model=net, losses=predicted.noise_loss(net))
    assert ("step_ignored" in found) is blind


class Unet(nn.Module):
    """Its parts are called encoder and decoder; it is no autoencoder."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(64, 16), nn.Linear(16, 64)
        self.time = nn.Embedding(1000, 16)

    def forward(self, x, t):
        return self.decoder(F.relu(self.encoder(x) + self.time(t)))


class Wrapped(nn.Module):
    """A model whose forward is its loss."""

    def __init__(self):
        super().__init__()
        self.unet = Unet()

    def forward(self, x):
        return predicted.noise_loss(self.unet)(x)


@pytest.mark.parametrize("make", [Unet, Wrapped])
def test_parts_of_a_noise_predictor_are_not_taken_for_an_autoencoder(make):
    torch.manual_seed(0)
    x, net = predicted.data_of("pictures"), make()
    loss = net if make is Wrapped else predicted.noise_loss(net)
    found = diagnose(real=x, model=net, losses={"model": lambda batch: loss(batch)})
    assert not found and "noise_too_weak" in found.absent
    assert "no encoder" in found.unknown["dead_code"]


def test_a_network_without_names_and_without_a_loss_is_refused_in_a_sentence():
    with pytest.raises(DtypeError, match=r"its loss: losses=\."):
        diagnose(real=TEXT, model=Attends())
    with pytest.raises(DtypeError, match="or tokens"):
        diagnose(real=TEXT.byte(), model=Attends(), losses=lambda x: x)


def test_a_watched_language_model_that_is_shown_one_batch_again_and_again():
    torch.manual_seed(0)
    net = Attends()
    opt = torch.optim.Adam(net.parameters())
    with watch(gpt=net, optimizers=opt) as seen:
        for _ in range(12):
            opt.zero_grad()
            predicted.words_loss(net)(TEXT[:16]).backward()
            opt.step()
    assert set(seen.report().findings) == {"same_batch"}
