"""The game as a whole, and the step that each player takes."""

from __future__ import annotations

import numpy as np
import torch

from .entry import Check, family
from .losses import LEVELS, P_FAKE, P_REAL
from .toys import gradient, jensen_shannon

Z, REAL = np.array([-1.2, 0.1, 0.7]), np.array([1.9, 2.4, 1.6])
THETA_G, THETA_D = np.array([0.6, 0.2]), np.array([0.8, -0.9])
FIRST, SECOND = np.meshgrid(LEVELS, LEVELS, indexing="ij")


def value(p, q, first, second):
    """V = E_data[log D(x)] + E_noise[log(1 - D(G(z)))] on two pictures."""
    real = p[0] * np.log(first) + p[1] * np.log(second)
    return real + q[0] * np.log(1 - first) + q[1] * np.log(1 - second)


def game_experiment(form) -> list[Check]:
    """The best D by brute force, then the best G against it."""
    shares = np.linspace(0.05, 0.95, 19)  # of picture 0 among the fakes
    best = [form(P_REAL, (s, 1 - s), FIRST, SECOND).max() for s in shares]
    top = form(P_REAL, P_FAKE, FIRST, SECOND).max()
    truth = 2 * jensen_shannon(P_REAL, P_FAKE) - 2 * np.log(2)
    return [
        Check("largest over D; data 3 : 1, generated 1 : 3", "closed form", top, truth, 1e-4),
        Check("share of picture 0 that G chooses", "brute force", shares[np.argmin(best)], 0.75),
        Check("the value there", "limit", min(best), -2 * np.log(2), 1e-4),
    ]


def step(theta, rate, slope):
    """The weights minus rate times gradient."""
    return theta - rate * slope


def _softplus(x):
    return torch.nn.functional.softplus(x) if isinstance(x, torch.Tensor) else np.logaddexp(0, x)


def generator_loss(theta, z=Z):
    """Mean of -log D(G(z)) with G(z) = a z + b and D(x) = sigmoid(0.8 x - 0.9)."""
    logit = THETA_D[0] * (theta[0] * z + theta[1]) + THETA_D[1]
    return _softplus(-logit).mean()


def critic_loss(theta, z=Z, x=REAL):
    """Mean of -log D(x) - log(1 - D(G(z))) with D(x) = sigmoid(c x + d)."""
    fake = theta[0] * (THETA_G[0] * z + THETA_G[1]) + theta[1]
    return _softplus(-(theta[0] * x + theta[1])).mean() + _softplus(fake).mean()


def _step_experiment(form, loss, theta, *data) -> list[Check]:
    weights = torch.tensor(theta, requires_grad=True)
    optimizer = torch.optim.SGD([weights], lr=0.1)
    loss(weights, *(torch.from_numpy(d) for d in data)).backward()
    optimizer.step()
    slopes = gradient(loss, theta)
    got = form(theta, 0.1, slopes)
    small = (loss(form(theta, 1e-6, slopes)) - loss(theta)) / 1e-6
    checks = [Check("first weight after a step", "library", got[0], weights[0].item())]
    checks += [Check("second weight", "library", got[1], weights[1].item())]
    what = "change of the loss / a tiny rate"
    return [*checks, Check(what, "closed form", small, -(slopes**2).sum(), 1e-4)]


def generator_experiment(form) -> list[Check]:
    """One step of the generator, against torch's."""
    return _step_experiment(form, generator_loss, THETA_G, Z)


def critic_experiment(form) -> list[Check]:
    """One step of the critic, against torch's."""
    return _step_experiment(form, critic_loss, THETA_D, Z, REAL)


_STEP = {"group": "updates", "verdict": "right", "as_printed": step}

ENTRIES = (
    *family(
        "S2 77",
        group="updates",
        printed=r"\min_G \max_D V(D,G) = \mathbb{E}_{x \sim p_{data}(x)}[\log D(x)] "
        r"+ \mathbb{E}_{z \sim p_z(z)}[\log(1 - D(G(z)))]",
        text="min_G max_D V(D, G) = E_{x~p_data}[log D(x)] + E_{z~p_z}[log(1 − D(G(z)))]",
        verdict="right",
        why="The value of the game, with both means. At its solution G draws like the data, "
        "and it is −2 ln 2.",
        as_printed=value,
        experiment=game_experiment,
    ),
    *family(
        "S0b 453",
        printed=r"\theta_G = \theta_G - \alpha \nabla_{\theta_G} L_G",
        text="θ_G = θ_G − α ∇_{θ_G} L_G",
        why="A step of gradient descent: = means, as in a program, becomes.",
        experiment=generator_experiment,
        **_STEP,
    ),
    *family(
        "S0b 459",
        printed=r"\theta_D = \theta_D - \beta \nabla_{\theta_D} L_D",
        text="θ_D = θ_D − β ∇_{θ_D} L_D",
        why="A step of gradient descent with a rate of its own.",
        experiment=critic_experiment,
        **_STEP,
    ),
)
