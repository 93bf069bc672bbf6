"""A watched loop: it comes out equal to the bit, and what does not fit is named."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aigc_teach.core import AigcError, DtypeError, RangeError
from aigc_teach.train import Watch, watch
from train import strangers


def pair():
    netG = nn.Sequential(nn.Linear(5, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
    netD = nn.Sequential(nn.Linear(2, 16), nn.Dropout(0.3), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return netG, netD


def loop(netG, netD, optimizers, steps=12, seen=None, noise=None, fixed=None):
    x = strangers.ring()
    for step in range(steps):
        real = x[torch.randint(len(x), (32,))]
        z = torch.randn(32, 5) if noise is None else noise()
        optimizers["D"].zero_grad()
        d_loss = F.softplus(-netD(real)).mean() + F.softplus(netD(netG(z).detach())).mean()
        d_loss.backward()
        optimizers["D"].step()
        optimizers["G"].zero_grad()
        g_loss = F.softplus(-netD(netG(z))).mean()
        g_loss.backward()
        optimizers["G"].step()
        if fixed is not None and step % 2 == 0:
            netG(fixed)
        if seen is not None:
            seen.step({"d": d_loss, "g": g_loss})


def adams(netG, netD):
    return {"D": torch.optim.Adam(netD.parameters()), "G": torch.optim.Adam(netG.parameters())}


def test_a_watched_training_comes_out_equal_to_the_bit():
    torch.manual_seed(0)
    nets = pair()
    twins = copy.deepcopy(nets)
    ends = []
    for (netG, netD), watched in ((nets, False), (twins, True)):
        torch.manual_seed(1)
        optimizers = adams(netG, netD)
        if watched:
            with watch(netG=netG, netD=netD, optimizers=optimizers, closely=5) as seen:
                loop(netG, netD, optimizers, seen=seen)
        else:
            loop(netG, netD, optimizers)
        ends.append(torch.get_rng_state())
    for one, twin in zip(nets, twins, strict=True):
        states = one.state_dict(), twin.state_dict()
        assert all(torch.equal(states[0][k], states[1][k]) for k in states[0])
        assert all(
            a.grad.equal(b.grad) for a, b in zip(one.parameters(), twin.parameters(), strict=True)
        )
    assert torch.equal(*ends)
    assert seen.steps == {"D": 12, "G": 12} and len(seen.losses["d"]) == 12


def test_the_hooks_are_gone_afterwards_even_after_an_error():
    netG, netD = pair()
    optimizers = adams(netG, netD)
    with pytest.raises(KeyError), watch(netG=netG, netD=netD, optimizers=optimizers):
        raise KeyError("stopped")
    for net in (netG, netD):
        assert not any(m._forward_pre_hooks or m._forward_hooks for m in net.modules())
        assert not any(w._backward_hooks for w in net.parameters())
    for optimizer in optimizers.values():
        assert not optimizer._optimizer_step_pre_hooks
        assert not optimizer._optimizer_step_post_hooks


def test_a_sound_loop_has_nothing_and_its_table_says_who_moved():
    torch.manual_seed(0)
    netG, netD = pair()
    optimizers = adams(netG, netD)
    with watch(netG=netG, netD=netD, optimizers=optimizers) as seen:
        fixed = torch.randn(32, 5)  # pictures to look at
        loop(netG, netD, optimizers, steps=24, seen=seen, fixed=fixed)
    found = seen.report()
    assert not found and len(found.absent) == 10
    assert set(found.unknown) == {"loss_of_a_constant"}  # there is a pair of players
    assert "netD 24 of 24" in str(found) and "first " in str(found)
    assert repr(seen) == "Watch(steps: D 24, G 24)"


def test_noise_that_repeats_is_seen_even_where_the_loop_shares_it_between_the_turns():
    torch.manual_seed(0)
    netG, netD = pair()
    optimizers, bank = adams(netG, netD), torch.randn(40, 5)
    with watch(netG=netG, netD=netD, optimizers=optimizers) as seen:
        loop(netG, netD, optimizers, noise=lambda: bank[torch.randint(40, (32,))])
    assert set(seen.report().findings) == {"noise_repeats"}
    with watch(netG=netG, netD=netD, optimizers=optimizers) as seen:
        loop(netG, netD, optimizers, noise=lambda: torch.randint(2, (32, 5)).float())
    assert "few values" in seen.report().unknown["noise_repeats"]


def test_simultaneous_moves_and_gathered_gradients_are_sound():
    torch.manual_seed(0)
    netG, netD = pair()
    optimizers, x = adams(netG, netD), strangers.ring()
    with watch(netG=netG, netD=netD, optimizers=optimizers) as seen:
        for _ in range(8):
            for optimizer in optimizers.values():
                optimizer.zero_grad()
            fake = netG(torch.randn(256, 5))
            own = list(netD.parameters())
            d_loss = F.softplus(-netD(x)).mean() + F.softplus(netD(fake.detach())).mean()
            g_loss = F.softplus(-netD(fake)).mean()
            g_loss.backward(inputs=list(netG.parameters()))
            (0.5 * d_loss).backward(inputs=own, retain_graph=True)
            (0.5 * d_loss).backward(inputs=own)
            optimizers["G"].step()
            optimizers["D"].step()
    assert not seen.report() and "gradients_pile_up" in seen.report().absent


def test_gradients_of_the_other_turn_are_seen():
    torch.manual_seed(0)
    netG, netD = pair()
    optimizers, x = adams(netG, netD), strangers.ring()
    with watch(netG=netG, netD=netD, optimizers=optimizers) as seen:
        for _ in range(8):
            d_loss = F.softplus(-netD(x)).mean()
            d_loss = d_loss + F.softplus(netD(netG(torch.randn(256, 5)).detach())).mean()
            d_loss.backward()
            optimizers["D"].step()
            optimizers["D"].zero_grad()  # too early: what the next turn leaves stays
            optimizers["G"].zero_grad()
            F.softplus(-netD(netG(torch.randn(256, 5)))).mean().backward()
            optimizers["G"].step()
    assert set(seen.report().findings) == {"gradients_pile_up"}


def test_a_nan_is_reported_and_breaks_nothing():
    netG, netD = pair()
    optimizers = adams(netG, netD)
    with watch(netG=netG, netD=netD, optimizers=optimizers) as seen:
        loop(netG, netD, optimizers, noise=lambda: torch.full((32, 5), torch.nan), seen=seen)
    assert "not_finite" in seen.report() and "from step 1 on" in str(seen.report())


def test_a_loop_without_a_step_says_that_nothing_could_be_seen():
    netG, netD = pair()
    with watch(netG=netG, netD=netD, optimizers=adams(netG, netD)) as seen:
        seen.step()
        seen.step([1.0, torch.tensor(2.0)])
        seen.step(3.0)
    report = seen.report()
    assert "no optimizer made a step" in report.unknown["never_moves"]
    assert len(seen.losses["loss 1"]) == 2 and not report


def with_third(third, *, alone=False, held=False):
    """A sound loop, watched with one more network (or with that one alone)."""
    torch.manual_seed(0)
    netG, netD = pair()
    optimizers = adams(netG, netD)
    third = copy.deepcopy(netG).requires_grad_(False) if third == "twin" else third
    watched = {"lossnet": third} if alone else {"netG": netG, "netD": netD, "lossnet": third}
    if held:
        optimizers["lossnet"] = torch.optim.SGD(third.parameters(), 0.1)
    with watch(**watched, optimizers=optimizers) as seen:
        loop(netG, netD, optimizers)
        if held:
            optimizers["lossnet"].step()
    return seen.report()


def test_a_network_frozen_from_the_start_is_not_judged():
    report = with_third(nn.Linear(2, 3).requires_grad_(False))
    assert not report.findings
    assert report.unknown["never_moves"] == (
        "'lossnet': frozen from the start and in no optimizer, so not judged"
    )


def test_a_network_frozen_from_the_start_hides_no_other_that_stands_still():
    torch.manual_seed(0)
    netG, netD = pair()
    optimizers = {"D": torch.optim.SGD(netD.parameters(), 0.1)}
    frozen = nn.Linear(2, 3).requires_grad_(False)
    with watch(netG=netG, netD=netD, lossnet=frozen, optimizers=optimizers) as seen:
        netD(torch.randn(32, 2)).mean().backward()
        optimizers["D"].step()
    sentence = seen.report().findings["never_moves"]
    assert "'netG'" in sentence and "lossnet" not in sentence


@pytest.mark.parametrize(
    ("third", "options"),
    [
        (nn.Linear(2, 3), {}),
        (nn.Linear(2, 3).requires_grad_(False), {"held": True}),
        (nn.Linear(2, 3).requires_grad_(False), {"alone": True}),
        ("twin", {}),
    ],
    ids=["not frozen", "held by an optimizer", "the only network", "a copy of the generator"],
)
def test_other_networks_that_stand_still_are_found(third, options):
    assert "'lossnet' never moved" in with_third(third, **options).findings["never_moves"]


def test_a_network_frozen_in_the_loop_is_found():
    torch.manual_seed(0)
    netG, netD = pair()
    third = nn.Linear(2, 3)
    optimizers = adams(netG, netD)
    with watch(netG=netG, netD=netD, third=third, optimizers=optimizers) as seen:
        third.requires_grad_(False)
        loop(netG, netD, optimizers)
    assert "'third' never moved" in seen.report().findings["never_moves"]


def test_a_watch_runs_once():
    netG, _ = pair()
    with watch(G=netG, optimizers=torch.optim.SGD(netG.parameters(), 0.1)) as seen:
        assert isinstance(seen, Watch)
        with pytest.raises(AigcError, match="running already"):
            seen.__enter__()


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"optimizers": []}, DtypeError, "nothing to watch"),
        ({"G": 3, "optimizers": []}, DtypeError, "G= must be a network"),
        ({"G": nn.Linear(1, 1), "optimizers": []}, DtypeError, "optimizers= must be"),
        ({"G": nn.Linear(1, 1), "optimizers": {"G": 3}}, DtypeError, r"optimizers\['G'\]"),
        ({"G": nn.Linear(1, 1), "optimizers": [3], "closely": 0}, RangeError, "at least 1"),
    ],
)
def test_what_cannot_be_watched_is_refused_in_a_sentence(given, error, words):
    with pytest.raises(error, match=words):
        watch(**given)
