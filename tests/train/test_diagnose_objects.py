"""Answers that are objects, networks inside functions, conditions that are pictures."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_teach.core import Labelled
from aigc_teach.train import diagnose, watch
from aigc_teach.train.probe import swapped
from aigc_teach.train.subject import inside, parts_of, tensors_in
from train import strangers, strangers_scripts
from train.strangers_gans import NLayerDiscriminator, UnetLike
from train.strangers_kit import digits

DATA = strangers.ring()


@dataclass
class Answer:
    """As a library's model answers."""

    logits: Tensor
    loss: Tensor | None = None
    hidden: tuple | None = None


@dataclass(frozen=True)
class FrozenAnswer:
    logits: Tensor


class ModelOutput(OrderedDict):
    """A dict whose entries are attributes as well."""

    def __init__(self, **entries):
        super().__init__(entries)
        self.__dict__.update(entries)


class Critic(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind, self.score = kind, nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x, labels=None):
        score = self.score(x)
        if self.kind is Answer:
            return Answer(score, hidden=(torch.zeros(len(x), 1),))
        return self.kind(logits=score)


def game(kind, sick=False):
    torch.manual_seed(0)
    G, D = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2)), Critic(kind)
    sign = -1 if sick else 1
    return {
        "real": DATA,
        "generator": G,
        "critic": D,
        "noise": lambda n: torch.randn(n, 3),
        "losses": {
            "D": lambda x: (
                F.softplus(-D(x).logits).mean()
                + F.softplus(sign * D(x=G(torch.randn(len(x), 3)).detach()).logits).mean()
            ),
            "G": lambda x: F.softplus(-D(G(torch.randn(len(x), 3))).logits).mean(),
        },
    }


@pytest.mark.parametrize("kind", [Answer, FrozenAnswer, ModelOutput])
def test_a_critic_may_answer_with_an_object(kind):
    sound, sick = diagnose(**game(kind)), diagnose(**game(kind, sick=True))
    assert "labels_alike" in sound.absent and "generator_pulls_with_critic" in sound.absent
    assert "labels_alike" in sick
    assert "generator_pulls_with_critic" in sick.unknown  # the critic is to blame


def test_only_the_answer_in_an_object_is_replaced():
    old, new = torch.zeros(2, 1), torch.ones(2, 1)
    before = Answer(old, hidden=(torch.zeros(2, 3),))
    after = swapped(before, old, new)
    assert after.logits is new and after.hidden[0] is before.hidden[0] and before.logits is old
    both = swapped(ModelOutput(logits=old), old, new)
    assert both["logits"] is new and both.logits is new


def test_an_object_that_holds_itself_does_no_harm():
    answer = Answer(torch.zeros(2, 1))
    answer.loss = answer
    assert tensors_in(answer)[0].shape == (2, 1)
    assert parts_of(nn.Linear(1, 1)) == {} and parts_of(len) == {}


def test_a_network_inside_a_function_is_found_if_it_is_the_only_one():
    a, b = nn.Linear(2, 1), nn.Linear(2, 1)
    assert inside(lambda x: a(x)) is a
    assert inside(lambda x: a(x) + b(x)) is None and inside(abs) is None


def pair_of_pictures():
    torch.manual_seed(0)
    B = digits()[:64]
    A = B.flip(3)
    netG, netD = UnetLike(), NLayerDiscriminator()

    def loss_D(b, a):
        real, fake = netD(torch.cat([a, b], 1)), netD(torch.cat([a, netG(a).detach()], 1))
        return ((real - 1) ** 2).mean() + (fake**2).mean()

    def loss_G(b, a):
        return ((netD(torch.cat([a, netG(a)], 1)) - 1) ** 2).mean()

    critic = lambda b, a: netD(torch.cat([a, b], 1))  # noqa: E731
    given = {"generator": netG, "critic": critic, "losses": {"D": loss_D, "G": loss_G}}
    return given | {"real": B, "labels": A}


def test_a_critic_of_pairs_of_pictures_can_be_looked_at():
    found = diagnose(**pair_of_pictures())
    for name in ("labels_alike", "no_gradient", "range_mismatch", "generator_pulls_with_critic"):
        assert name in found.absent, found.unknown.get(name)


def test_a_generator_that_ignores_its_label_is_found():
    class G(nn.Module):
        def __init__(self, reads):
            super().__init__()
            self.reads, self.net = reads, nn.Linear(5, 2)

        def forward(self, z, y):
            return self.net(torch.cat([z, self.reads * F.one_hot(y, 2).float()], 1))

    labels = torch.arange(len(DATA)) % 2
    for reads in (0.0, 1.0):
        found = diagnose(real=Labelled(DATA, labels), generator=G(reads), noise=3)
        assert ("condition_ignored" in found) == (reads == 0.0)
    found = diagnose(real=DATA, labels=0 * labels, generator=G(1.0), noise=3)
    assert found.unknown["condition_ignored"] == "all labels are the same"


def test_an_encoder_may_give_mean_and_log_variance_in_one_tensor():
    torch.manual_seed(0)
    x = digits().flatten(1)
    enc, dec = nn.Linear(256, 8), nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 256))
    found = diagnose(real=x, encoder=enc, decoder=dec)
    assert "posterior_collapse" in found.absent and "kl_runs_away" in found.absent
    with torch.no_grad():
        enc.weight.mul_(1000)
    assert "kl_runs_away" in diagnose(real=x, encoder=enc, decoder=dec)
    with torch.no_grad():
        enc.weight.zero_()
    assert "posterior_collapse" in diagnose(real=x, encoder=enc, decoder=dec)


def test_layers_in_a_list_are_seen_unless_an_optimizer_holds_them():
    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(3, 2)]

        def forward(self, z):
            return self.layers[0](z)

    G, D = Hidden(), nn.Linear(2, 1)
    for weights, wrong in (
        (D.parameters(), True),
        ([*D.parameters(), *G.layers[0].parameters()], 0),
    ):
        moves = torch.optim.Adam(weights)
        found = diagnose(real=DATA, generator=G, critic=D, noise=3, optimizers=moves)
        assert ("weights_without_optimizer" in found) == bool(wrong)


def test_one_half_of_the_critics_loss_is_missed():
    given = game(Answer)
    D = given["critic"]
    given["losses"]["D"] = lambda x: F.softplus(-D(x).logits).mean()
    assert "one_half_missing" in diagnose(**given)


def loop(feed, size=32, steps=12):
    torch.manual_seed(0)
    net = nn.Linear(2, 2)
    moves = torch.optim.SGD(net.parameters(), 0.01)
    with watch(model=net, optimizers=moves) as seen:
        for k in range(steps):
            moves.zero_grad()
            net(feed(k)).square().mean().backward()
            moves.step()
    return seen.report()


def test_the_same_batch_at_every_step_is_seen_and_all_data_at_once_is_not():
    assert "same_batch" in loop(lambda k: DATA[:32])
    assert "same_batch" in loop(lambda k: DATA[:32][torch.randperm(32)])
    assert "same_batch" in loop(lambda k: DATA[k * 16 : k * 16 + 16]).absent
    assert "same_batch" in loop(lambda k: DATA).unknown  # 256 items may well be all


def test_one_experiment_that_fails_costs_no_other():
    class Odd:
        """Neither tensor nor tuple, and it minds being looked into."""

        @property
        def logits(self):
            raise RuntimeError("not today")

    G, D = nn.Linear(3, 2), nn.Linear(2, 1)
    D.register_forward_hook(lambda *_: Odd())
    given = game(Answer) | {"critic": D, "generator": G}
    given["losses"] = {"D": lambda x: D(x).logits.mean(), "G": lambda x: D(x).logits.mean()}
    found = diagnose(**given)
    assert "range_mismatch" in {*found.absent, *found.unknown, *found.findings}
    assert "not today" in found.unknown["labels_alike"]
    assert "generator_collapsed" not in found.unknown or found.checked >= 4


class Holder(nn.Module):
    """A class with parts of its own names, one of them an autoencoder's."""

    def __init__(self, first="counterfeiter", second="police"):
        super().__init__()
        torch.manual_seed(0)
        setattr(self, first, nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2)))
        setattr(self, second, nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1)))


@pytest.mark.parametrize("names", [("counterfeiter", "police"), ("artist", "judge"), ("a", "b")])
def test_parts_under_any_names_are_told_apart_by_what_they_do(names):
    model = Holder(*names)
    make, tell = (getattr(model, name) for name in names)

    def fakes(x):
        return make(torch.randn(len(x), 3))

    losses = {
        f"{names[1]}_loss": lambda x: (F.softplus(-tell(x)) + F.softplus(-tell(fakes(x)))).mean(),
        f"{names[0]}_loss": lambda x: F.softplus(-tell(fakes(x))).mean(),
    }
    found = diagnose(real=DATA, model=model, losses=losses, noise=lambda n: torch.randn(n, 3))
    assert "labels_alike" in found and "reused_noise" in found.absent


class NoMoments(torch.distributions.Distribution):
    """A distribution of which neither mean nor spread is known."""

    arg_constraints = {}

    @property
    def mean(self):
        raise NotImplementedError


def test_a_distribution_without_moments_is_no_crash():
    assert tensors_in(NoMoments()) == []
    found = diagnose(real=DATA, encoder=lambda x: NoMoments(), decoder=nn.Linear(3, 2), noise=3)
    assert "no tensor with one row an item" in found.unknown["posterior_collapse"]


OUTPUTS = {
    "one for the batch": lambda h: h.mean(),
    "no axis of answers": lambda h: h[:, 0],
    "a patch": lambda h: h[:, :, None, None].expand(-1, 1, 3, 3),
    "a list": lambda h: [h, h * 2],
    "features first": lambda h: (h.expand(-1, 8), h),
    "a dict in a dict": lambda h: {"out": {"score": h}, "aux": None},
    "a named object": lambda h: Answer(h),
    "two classes": lambda h: torch.cat([h, -h], 1),
    "nothing": lambda h: None,
    "words": lambda h: "no answer",
    "whole numbers": lambda h: h.long(),
}


def first_tensor(output):
    if isinstance(output, Tensor):
        return output.float() if output.requires_grad else torch.zeros(1, requires_grad=True)
    if isinstance(output, tuple):
        return output[-1]
    return next(iter(tensors_in(output)), torch.zeros(1, requires_grad=True))


@pytest.mark.parametrize("kind", OUTPUTS)
def test_whatever_a_critic_returns_the_other_experiments_are_made(kind):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(2, 1)

        def forward(self, x):
            return OUTPUTS[kind](self.body(x))

    torch.manual_seed(0)
    G, D = nn.Linear(3, 2), Odd()

    def fakes(x):
        return G(torch.randn(len(x), 3))

    losses = {
        "D": lambda x: (
            F.softplus(-first_tensor(D(x))).mean()
            + F.softplus(first_tensor(D(fakes(x).detach()))).mean()
        ),
        "G": lambda x: F.softplus(-first_tensor(D(fakes(x)))).mean(),
    }
    found = diagnose(
        real=DATA, generator=G, critic=D, losses=losses, noise=lambda n: torch.randn(n, 3)
    )
    assert "reused_noise" in found.absent and "range_mismatch" not in found
    readable = kind not in ("nothing", "words", "whole numbers", "two classes")
    assert ("labels_alike" in found.absent) == readable or kind == "two classes"


def test_the_layers_of_a_vae_are_no_generator_and_no_critic():
    x = (digits() + 1) / 2
    model = strangers_scripts.VAE()

    def loss(real):
        recon, mu, logvar = model(real)
        return F.mse_loss(recon, real.flatten(1)) + (mu**2 + logvar**2).mean()

    moves = torch.optim.Adam(model.parameters())
    found = diagnose(real=x, model=model, losses=loss, optimizers=moves, noise=8)
    assert "give generator=" in found.unknown["optimizer_of_both"]
    assert "range_mismatch" in found.absent


def test_gradients_that_are_accumulated_on_purpose_do_not_pile_up():
    torch.manual_seed(0)
    G, D = nn.Sequential(nn.Linear(3, 8), nn.Linear(8, 2)), nn.Sequential(nn.Linear(2, 1))
    moves = {"G": torch.optim.SGD(G.parameters(), 0.01), "D": torch.optim.SGD(D.parameters(), 0.01)}

    def turn(zero):
        with watch(G=G, D=D, optimizers=moves) as seen:
            for k in range(40):
                real, fake = D(DATA[:32]), D(G(torch.randn(32, 3)).detach())
                (F.softplus(-real) + F.softplus(fake)).mean().backward()
                if k % 4 == 3:
                    moves["D"].step()
                    moves["D"].zero_grad()
                weights = list(G.parameters())
                loss = F.softplus(-D(G(torch.randn(32, 3)))).mean()
                loss.backward(inputs=weights)
                if k % 4 == 3:
                    moves["G"].step()
                    if zero:
                        moves["G"].zero_grad()
        return seen.report()

    assert "gradients_pile_up" in turn(zero=True).absent
    assert "gradients_pile_up" in turn(zero=False)


def test_a_short_training_is_not_called_collapsed_unless_all_samples_are_one():
    torch.manual_seed(0)
    G = nn.Linear(3, 2)
    with torch.no_grad():
        G.weight.mul_(0.2)
    short, long = ({"loss_G": [1.0] * n} for n in (200, 2000))
    given = {"real": DATA, "generator": G, "noise": lambda n: torch.randn(n, 3)}
    assert "train longer" in diagnose(short, **given).unknown["generator_collapsed"]
    assert "generator_collapsed" in diagnose(long, **given)
    with torch.no_grad():
        G.weight.mul_(0.01)
    assert "generator_collapsed" in diagnose(short, **given)


def test_the_generators_own_steps_count_where_the_critic_makes_more():
    torch.manual_seed(0)
    G, D = nn.Linear(3, 2), nn.Linear(2, 1)
    with torch.no_grad():
        G.weight.mul_(0.2)
    moves = [torch.optim.RMSprop(net.parameters(), lr=1e-9) for net in (G, D)]
    for optimizer, net, times in ((moves[0], G, 50), (moves[1], D, 1200)):
        for weight in net.parameters():
            weight.grad = torch.zeros_like(weight)
        for _ in range(times):
            optimizer.step()
    found = diagnose(real=DATA, generator=G, critic=D, noise=3, optimizers=moves)
    assert "after 50 steps" in found.unknown["generator_collapsed"]


def test_a_hinge_critic_that_has_all_it_asked_for_is_at_rest():
    torch.manual_seed(0)
    G, D = nn.Linear(3, 2), nn.Linear(2, 1)
    with torch.no_grad():
        G.weight.zero_()
        G.bias.copy_(torch.tensor([-30.0, 0.0]))
        D.weight.copy_(torch.tensor([[1.0, 0.0]]))
        D.bias.fill_(10.0)

    def fakes(x):
        return G(torch.randn(len(x), 3))

    hinge = {
        "D": lambda x: (F.relu(1 - D(x)) + F.relu(1 + D(fakes(x).detach()))).mean(),
        "G": lambda x: -D(fakes(x)).mean(),
    }
    given = {"real": DATA, "generator": G, "critic": D}
    assert "no_gradient" in diagnose(losses=hinge, **given).absent
    still = hinge | {"G": lambda x: 0 * D(fakes(x)).mean()}
    assert "no_gradient" in diagnose(losses=still, **given)
