"""What published reports and the table showed: each reproducer, and two relatives of it."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from aigc_teach.models import GAN
from aigc_teach.train import History, diagnose, watch
from train import predicted, strangers, strangers_third
from train.strangers_kit import digits

RING = strangers.ring()
PICTURES = strangers.pictures()


def pair():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
    D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return G, D


def game(G, D) -> dict:
    def fakes(x):
        return G(torch.randn(len(x), 3))

    return {
        "D": lambda x: (F.softplus(-D(x)) + F.softplus(D(fakes(x).detach()))).mean(),
        "G": lambda x: F.softplus(-D(fakes(x))).mean(),
    }


# -------------------------------------------------------------- an average in the network's place


def averaged_generator(with_losses: bool):
    G, D = pair()
    copied = copy.deepcopy(G)
    with torch.no_grad():
        for old, new in zip(copied.parameters(), G.parameters(), strict=True):
            new += 0.02 * torch.randn_like(new)
            old.lerp_(new, 0.5)
    optimizers = [torch.optim.Adam(net.parameters()) for net in (G, D)]
    given = {"real": RING, "generator": copied, "critic": D, "noise": 3, "optimizers": optimizers}
    return given | ({"losses": game(G, D)} if with_losses else {})


def averaged_coder():
    torch.manual_seed(0)
    net = strangers_third.BernoulliVAE()
    twin = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    x = (digits().flatten(1)[:64] + 1) / 2

    def loss(batch):
        out, mu, logvar = net(batch)
        kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(1).mean()
        return F.binary_cross_entropy_with_logits(out, batch) * 256 + kl

    optimizers = torch.optim.Adam(net.parameters())
    return {"real": x, "model": twin.module, "losses": loss, "optimizers": optimizers}


@pytest.mark.parametrize(
    "given",
    [
        lambda: strangers_third.averaged(0, steps=40).given,
        lambda: averaged_generator(True),
        lambda: averaged_generator(False),
        averaged_coder,
    ],
)
def test_an_average_in_the_networks_place_is_not_judged(given):
    found = diagnose(**given())
    assert "weights_without_optimizer" not in found
    assert "an average" in found.unknown["weights_without_optimizer"]


@pytest.mark.parametrize("with_losses", [True, False])
def test_a_network_made_again_after_its_optimizer_is_still_found(with_losses):
    G, D = pair()
    optimizers = [torch.optim.Adam(net.parameters()) for net in (G, D)]
    again, _ = pair()
    again.apply(lambda m: m.reset_parameters() if isinstance(m, nn.Linear) else None)
    losses = {"losses": game(again, D)} if with_losses else {}
    found = diagnose(real=RING, generator=again, critic=D, noise=3, optimizers=optimizers, **losses)
    assert "weights_without_optimizer" in found


def test_a_copy_that_the_loss_calls_is_still_found():
    G, D = pair()
    optimizers = [torch.optim.Adam(net.parameters()) for net in (G, D)]
    twin = copy.deepcopy(G)  # the loop trains this one
    found = diagnose(
        real=RING, generator=twin, critic=D, noise=3, optimizers=optimizers, losses=game(twin, D)
    )
    assert "weights_without_optimizer" in found


# -------------------------------------------------------------------- an output without bounds


def overshooting(share: float, kind: str):
    """A generator without a tanh, a share of whose values lie far outside the data's range."""
    torch.manual_seed(0)
    if kind == "dense":
        net = nn.Sequential(nn.Linear(8, 64), nn.Unflatten(1, (1, 8, 8)))
        bias = net[0].bias
    else:
        net = nn.Sequential(nn.Linear(8, 64), nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 1, 1))
        nn.init.ones_(net[2].weight)
        bias = net[0].bias
    with torch.no_grad():
        bias.zero_()
        bias[: int(64 * share)] = 4.0
    return net


@pytest.mark.parametrize("kind", ["dense", "conv"])
@pytest.mark.parametrize(
    ("share", "steps", "found"),
    [(0.1, 160, False), (0.1, None, False), (0.1, 2000, True), (0.6, 160, True), (0.0, 160, False)],
)
def test_an_output_without_bounds_may_overshoot_at_first(kind, share, steps, found):
    net = overshooting(share, kind)
    moves = torch.optim.Adam(net.parameters())
    given = {}
    if steps is not None:
        for weight in net.parameters():
            moves.state[weight] = {"step": torch.tensor(float(steps))}
        given = {"optimizers": moves}
    report = diagnose(real=PICTURES, generator=net, noise=8, **given)
    assert ("range_mismatch" in report) is found
    assert found or share == 0 or "may overshoot at first" in report.unknown["range_mismatch"]


# ------------------------------------------------------------------------- a network not given


@pytest.mark.parametrize(
    "given",
    [
        lambda net: {"fake": lambda n: torch.randn(n, 2), "losses": {"model": net}},
        lambda net: {"fake": RING.roll(1, 0), "losses": net},
        lambda net: {"fake": RING.roll(1, 0), "losses": {"G": net, "D": net}},
    ],
)
def test_a_loss_without_its_network_could_not_be_looked_at(given):
    body = nn.Linear(2, 2)
    found = diagnose(real=RING, **given(lambda x: (body(x) - x).square().mean()))
    assert not found
    assert "give" in found.unknown["no_gradient"] and "network" in found.unknown["no_gradient"]


def test_the_loss_of_a_network_that_was_not_given_does_not_judge_the_other():
    G, D = pair()
    found = diagnose(real=RING, generator=G, noise=3, losses=game(G, D))
    assert "no_gradient" not in found and "give critic=" in found.unknown["no_gradient"]


# ---------------------------------------------------------------------------------- two modes


def picture_net(momentum=0.1, drop=0.0):
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, 2, 1), nn.BatchNorm2d(8, momentum=momentum), nn.ReLU(),
        nn.Dropout(drop), nn.ConvTranspose2d(8, 8, 4, 2, 1),
        nn.BatchNorm2d(8, momentum=momentum), nn.ReLU(), nn.Conv2d(8, 1, 3, 1, 1), nn.Tanh(),
    )  # fmt: skip


def contrasts():
    """Pictures of very different contrast and brightness, and the plain ones."""
    draw = torch.Generator().manual_seed(5)
    scale, shift = (torch.rand(len(PICTURES), 1, 1, 1, generator=draw) for _ in range(2))
    return PICTURES * (2 * scale + 0.05) + shift


def restored(size: int, drop: float = 0.0, steps: int = 200, momentum: float = 0.1):
    """Pictures from pictures of other contrast, in batches of one or of many."""
    torch.manual_seed(0)
    net, x = picture_net(momentum, drop), contrasts()
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)

    def loss(target, given):
        return F.l1_loss(net(given), target)

    with watch(net=net, optimizers=opt) as seen:
        for _ in range(steps):
            which = torch.randint(len(x), (size,))
            opt.zero_grad()
            loss(PICTURES[which], x[which]).backward()
            opt.step()
    given = {"real": PICTURES, "labels": x, "model": net, "losses": loss, "optimizers": opt}
    return diagnose(**given), seen.report()


def test_batches_of_one_are_found_by_both_helpers():
    for report in restored(1):
        assert "batches of one" in report.findings["modes_differ"]


@pytest.mark.parametrize(("size", "drop"), [(32, 0.0), (32, 0.5), (4, 0.0), (8, 0.3)])
def test_batch_normalisation_and_dropout_in_order_raise_no_alarm(size, drop):
    for report in restored(size, drop):
        assert not report and "modes_differ" in report.absent


def dcgan_like(stale: bool, steps: int = 80):
    """A generator with batch norm; its average keeps the first averages of its layers."""
    torch.manual_seed(0)
    G = nn.Sequential(
        nn.Linear(8, 128), nn.Unflatten(1, (8, 4, 4)), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    D = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    optimizers = [torch.optim.Adam(net.parameters(), 5e-3, (0.5, 0.9)) for net in (G, D)]
    for _ in range(40):  # batches counted with noise of another size
        G(4 * torch.randn(32, 8))
    twin = copy.deepcopy(G)
    for _ in range(steps):
        real = PICTURES[torch.randint(len(PICTURES), (32,))]
        optimizers[1].zero_grad()
        fake = G(torch.randn(32, 8))
        (F.softplus(-D(real)) + F.softplus(D(fake.detach()))).mean().backward()
        optimizers[1].step()
        optimizers[0].zero_grad()
        F.softplus(-D(fake)).mean().backward()
        optimizers[0].step()
    twin.load_state_dict({**dict(G.named_parameters()), **dict(twin.named_buffers())})
    return diagnose(
        real=PICTURES, generator=twin if stale else G, noise=lambda n: torch.randn(n, 8)
    )


@pytest.mark.parametrize("stale", [True, False])
def test_an_average_whose_batch_norm_was_left_behind_is_found(stale):
    found = dcgan_like(stale)
    assert ("modes_differ" in found) is stale
    assert stale or "modes_differ" in found.absent


# ------------------------------------------------------------------------------ stopped moving


def scheduled(kind: str, steps: int = 60):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    plans = {
        "stepped too often": lambda: lr_scheduler.StepLR(opt, 1, gamma=0.3),
        "one step": lambda: lr_scheduler.LambdaLR(opt, lambda k: float(k == 0)),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(opt, steps),
        "linear": lambda: lr_scheduler.LinearLR(opt, 1.0, 0.0, steps),
        "warm-up": lambda: lr_scheduler.LambdaLR(opt, lambda k: min(1.0, (k + 1) / 40)),
        "exponential": lambda: lr_scheduler.ExponentialLR(opt, 0.9),
    }
    plan = plans.get(kind, lambda: None)()
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**120 if kind == "scaler" else 2.0**8)
    with watch(net=net, optimizers=opt) as seen:
        for _ in range(steps):
            x = RING[torch.randint(256, (32,))]
            opt.zero_grad()
            loss = F.mse_loss(net(x), x)
            if "scaler" in kind:
                scaler.scale(1e20 * loss if kind == "scaler" else loss).backward()
                scaler.step(opt)
                scaler.update()
            else:
                loss.backward()
                opt.step()
            if plan is not None:
                plan.step()
    return seen.report()


@pytest.mark.parametrize("kind", ["stepped too often", "one step", "scaler"])
def test_weights_that_moved_only_at_first_are_found(kind):
    report = scheduled(kind)
    assert "stopped_moving" in report
    assert kind != "one step" or "in 1 of its 60 steps" in report.findings["stopped_moving"]
    assert kind != "scaler" or "GradScaler" in report.findings["stopped_moving"]


@pytest.mark.parametrize(
    "kind", ["cosine", "linear", "warm-up", "exponential", "plain", "a fair scaler"]
)
def test_schedules_that_people_use_raise_no_alarm(kind):
    report = scheduled(kind)
    assert not report and "stopped_moving" in report.absent


# ----------------------------------------------------------------------------------- dead codes


def autoencoder(kind: str, steps: int = 150):
    torch.manual_seed(0)
    x, end = PICTURES.flatten(1), nn.ReLU() if kind == "dead" else nn.Identity()
    encoder = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8), end)
    decoder = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 64), nn.Tanh())
    if kind == "dead":
        nn.init.constant_(encoder[2].bias, -20.0)
    moves = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=3e-3)

    def loss(batch):
        out = decoder(encoder(batch))
        if kind == "shuffled":
            return F.mse_loss(out, batch[torch.randperm(len(batch))])
        return (
            (out - batch[:, None]).square().mean()
            if kind == "broadcast"
            else F.mse_loss(out, batch)
        )

    for _ in range(steps):
        moves.zero_grad()
        loss(x[torch.randint(256, (32,))]).backward()
        moves.step()
    return {"real": x, "encoder": encoder, "decoder": decoder, "losses": loss, "optimizers": moves}


@pytest.mark.parametrize("kind", ["dead", "shuffled", "broadcast", "sound"])
def test_a_dead_code_has_a_name_of_its_own(kind):
    found = diagnose(**autoencoder(kind))
    assert ("dead_code" in found) is (kind != "sound")
    assert not {"generator_collapsed", "posterior_collapse"} & {*found.findings}
    assert "dead_code" in found.unknown["posterior_collapse"]
    assert kind != "sound" or not found


def test_a_mean_code_with_a_logged_kl_is_still_that_of_a_vae():
    given = autoencoder("dead")
    found = diagnose({"KLD": [0.01] * 50}, **given)
    assert "posterior_collapse" in found and "dead_code" in found.unknown


# --------------------------------------------------------------------------- half precision


def test_numbers_that_are_not_finite_name_half_precision_among_the_causes():
    model = GAN((2,), latent_size=2, hidden=(8,))
    nn.init.constant_(next(model.critic.parameters()), torch.nan)
    assert "float16" in diagnose(History(), model, RING).findings["not_finite"]
    net = nn.Linear(2, 2).half()
    nn.init.constant_(net.bias, torch.inf)
    told = diagnose(real=RING, generator=net, noise=2).findings["not_finite"]
    assert "65,504" in told


def test_a_watched_loss_in_half_precision_that_overflows():
    torch.manual_seed(0)
    net = nn.Linear(2, 2)
    opt = torch.optim.SGD(net.parameters(), 1e-2)
    with watch(net=net, optimizers=opt) as seen:
        for _ in range(3):
            opt.zero_grad()
            loss = (300 * net(RING)).half().square().mean().float()
            loss.backward()
            opt.step()
            seen.step(loss)
    assert "half precision" in seen.report().findings["not_finite"]


def test_a_predictor_may_lack_a_code():
    net = predicted.Denoiser(2)
    found = diagnose(real=RING, model=net, losses=predicted.noise_loss(net))
    assert "no encoder" in found.unknown["posterior_collapse"]
