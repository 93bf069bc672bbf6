"""Derivatives of the GAN's losses, each tried against finite differences."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from .entry import Check, family, shown
from .toys import criticise, generate, slope

PLACES = ((0.8, 1.2), (-0.5, 0.7))  # pairs of z and the generator's weight
PROBABILITIES = ((0.7, 0.2), (0.4, 0.9))  # pairs of D(x) and D(G(z))


def pieces(z: float, theta: float) -> SimpleNamespace:
    """The building blocks of a chain rule at one place, by finite differences."""
    g = generate(z, theta)
    return SimpleNamespace(
        g=g,
        d=criticise(g),
        dl_dg=slope(lambda g: -np.log(criticise(g)), g),
        dd_dg=slope(criticise, g),
        dlogd_dg=slope(lambda g: np.log(criticise(g)), g),
        dd_dz=slope(lambda z: criticise(generate(z, theta)), z),
        dg_dz=slope(lambda z: generate(z, theta), z),
        dg_dtheta=slope(lambda theta: generate(z, theta), theta),
    )


def weights_experiment(form) -> list[Check]:
    """The gradient for the generator's weight, by differences of the whole loss."""
    checks = []
    for z, theta in PLACES:
        truth = slope(lambda t, z=z: -np.log(criticise(generate(z, t))), theta)
        what = f"∂L_G/∂θ_G at z = {shown(z)}, θ_G = {theta:g}"
        checks.append(Check(what, "finite differences", form(pieces(z, theta)), truth))
    return checks


def picture_experiment(form) -> list[Check]:
    """dL_G/dG(z), by differences."""
    checks = []
    for z, theta in PLACES:
        parts = pieces(z, theta)
        truth = slope(lambda g: -np.log(criticise(g)), parts.g)
        what = f"∂L_G/∂G(z) at G(z) = {shown(parts.g)}"
        checks.append(Check(what, "finite differences", form(parts), truth))
    return checks


def critic_slope_experiment(form) -> list[Check]:
    """Every side of the printed chain of equalities must be dD/dG."""
    checks = []
    for z, theta in PLACES:
        parts = pieces(z, theta)
        truth = slope(criticise, parts.g)
        for side, value in enumerate(form(parts), start=2):
            what = f"∂D/∂G(z) at G(z) = {shown(parts.g)}, side {side} of the equation"
            checks.append(Check(what, "finite differences", value, truth))
    return checks


def _probability_experiment(form, which: int) -> list[Check]:
    checks = []
    for pair in PROBABILITIES:

        def loss(value, pair=pair):
            d = [*pair]
            d[which] = value
            return -np.log(d[0]) - np.log(1 - d[1])

        truth = slope(loss, pair[which])
        what = f"D(x) = {pair[0]:g}, D(G(z)) = {pair[1]:g}"
        for side, value in enumerate(form(*pair), start=2):
            checks.append(Check(f"{what}, side {side}", "finite differences", value, truth))
    return checks


def real_experiment(form) -> list[Check]:
    """dL_D/dD(x), every side."""
    return _probability_experiment(form, 0)


def fake_experiment(form) -> list[Check]:
    """dL_D/dD(G(z)), every side."""
    return _probability_experiment(form, 1)


def real_printed(d_real, d_fake):
    """d/dD(x)[-log D(x) - log(1 - D(G))], and 1/D(x) - 1/(1 - D(G))."""
    middle = slope(lambda d: -np.log(d) - np.log(1 - d_fake), d_real)
    return middle, 1 / d_real - 1 / (1 - d_fake)


def real_corrected(d_real, d_fake):
    """The same derivative, and -1/D(x)."""
    return real_printed(d_real, d_fake)[0], -1 / d_real


def fake_printed(d_real, d_fake):
    """d/dD(G)[-log D(G) - log(1 - D(G))], and 1/D(G) + 1/(1 - D(G))."""
    middle = slope(lambda d: -np.log(d) - np.log(1 - d), d_fake)
    return middle, 1 / d_fake + 1 / (1 - d_fake)


def fake_corrected(d_real, d_fake):
    """d/dD(G)[-log D(x) - log(1 - D(G))], and 1/(1 - D(G))."""
    return slope(lambda d: -np.log(d_real) - np.log(1 - d), d_fake), 1 / (1 - d_fake)


_WEIGHTS = {"group": "gan_gradients", "verdict": "wrong", "experiment": weights_experiment}

ENTRIES = (
    *family(
        "S4 275",
        printed=r"\nabla_G L_G = \frac{\partial L_G}{\partial G(z)} "
        r"\cdot \frac{\partial G(z)}{\partial z}",
        text="∇_G L_G = ∂L_G/∂G(z) · ∂G(z)/∂z",
        corrected=r"\nabla_{\theta_G} L_G = \frac{\partial L_G}{\partial G(z)} "
        r"\cdot \frac{\partial G(z)}{\partial \theta_G}",
        corrected_text="∇_{θ_G} L_G = ∂L_G/∂G(z) · ∂G(z)/∂θ_G",
        why="The generator's weights are trained, not its noise: the last factor must be the "
        "derivative for θ_G. Printed is the derivative for z.",
        as_printed=lambda p: p.dl_dg * p.dg_dz,
        as_corrected=lambda p: p.dl_dg * p.dg_dtheta,
        **_WEIGHTS,
    ),
    *family(
        "S4 279",
        group="gan_gradients",
        printed=r"\frac{\partial L_G}{\partial G(z)} = \frac{\partial}{\partial G(z)}"
        r"[-\log(D(G(z)))] = -\frac{1}{D(G(z))} \cdot "
        r"\frac{\partial D(G(z))}{\partial G(z)}",
        text="∂L_G/∂G(z) = ∂/∂G(z) [−log(D(G(z)))] = −1/D(G(z)) · ∂D(G(z))/∂G(z)",
        verdict="right",
        why="The chain rule, as it should be.",
        as_printed=lambda p: -1 / p.d * p.dd_dg,
        experiment=picture_experiment,
    ),
    *family(
        "S4 283",
        group="gan_gradients",
        printed=r"\frac{\partial D(G(z))}{\partial G(z)} = \frac{\partial}{\partial G(z)}"
        r"[\log(D(G(z)))] = \frac{1}{D(G(z))} \cdot \frac{\partial D(G(z))}{\partial z}",
        text="∂D(G(z))/∂G(z) = ∂/∂G(z) [log(D(G(z)))] = 1/D(G(z)) · ∂D(G(z))/∂z",
        verdict="wrong",
        corrected=r"\frac{\partial D(G(z))}{\partial G(z)} = D(G(z)) \cdot "
        r"\frac{\partial}{\partial G(z)}[\log(D(G(z)))]",
        corrected_text="∂D(G(z))/∂G(z) = D(G(z)) · ∂/∂G(z) [log(D(G(z)))]",
        why="The derivative of D is not that of log D (a factor D is missing), and on the right "
        "the derivative for z stands in for that for G(z).",
        as_printed=lambda p: (p.dlogd_dg, p.dd_dz / p.d),
        as_corrected=lambda p: (p.d * p.dlogd_dg,),
        experiment=critic_slope_experiment,
    ),
    *family(
        "S4 287",
        printed=r"\nabla_G L_G = -\frac{1}{D(G(z))} \cdot \frac{1}{D(G(z))} \cdot "
        r"\frac{\partial D(G(z))}{\partial z}",
        text="∇_G L_G = −1/D(G(z)) · 1/D(G(z)) · ∂D(G(z))/∂z",
        corrected=r"\nabla_{\theta_G} L_G = -\frac{1}{D(G(z))} \cdot "
        r"\frac{\partial D(G(z))}{\partial G(z)} \cdot \frac{\partial G(z)}{\partial \theta_G}",
        corrected_text="∇_{θ_G} L_G = −1/D(G(z)) · ∂D(G(z))/∂G(z) · ∂G(z)/∂θ_G",
        why="It inherits both mistakes: 1/D stands there twice, and the derivative is for z.",
        as_printed=lambda p: -1 / p.d * 1 / p.d * p.dd_dz,
        as_corrected=lambda p: -1 / p.d * p.dd_dg * p.dg_dtheta,
        **_WEIGHTS,
    ),
    *family(
        "S4 291",
        group="gan_gradients",
        printed=r"\frac{\partial L_D}{\partial D(x)} = \frac{\partial}{\partial D(x)}"
        r"[-\log(D(x)) - \log(1 - D(G(z)))] = \frac{1}{D(x)} - \frac{1}{1 - D(G(z))}",
        text="∂L_D/∂D(x) = ∂/∂D(x) [−log(D(x)) − log(1 − D(G(z)))] = 1/D(x) − 1/(1 − D(G(z)))",
        verdict="wrong",
        corrected=r"\frac{\partial L_D}{\partial D(x)} = \frac{\partial}{\partial D(x)}"
        r"[-\log(D(x)) - \log(1 - D(G(z)))] = -\frac{1}{D(x)}",
        corrected_text="∂L_D/∂D(x) = ∂/∂D(x) [−log(D(x)) − log(1 − D(G(z)))] = −1/D(x)",
        why="The sign of 1/D(x) is wrong, and the second term does not depend on D(x).",
        as_printed=real_printed,
        as_corrected=real_corrected,
        experiment=real_experiment,
    ),
    *family(
        "S4 295",
        group="gan_gradients",
        printed=r"\frac{\partial L_D}{\partial D(G(z))} = \frac{\partial}{\partial D(G(z))}"
        r"[-\log(D(G(z))) - \log(1 - D(G(z)))] "
        r"= \frac{1}{D(G(z))} + \frac{1}{1 - D(G(z))}",
        text="∂L_D/∂D(G(z)) = ∂/∂D(G(z)) [−log(D(G(z))) − log(1 − D(G(z)))] "
        "= 1/D(G(z)) + 1/(1 − D(G(z)))",
        verdict="wrong",
        corrected=r"\frac{\partial L_D}{\partial D(G(z))} = \frac{\partial}{\partial D(G(z))}"
        r"[-\log(D(x)) - \log(1 - D(G(z)))] = \frac{1}{1 - D(G(z))}",
        corrected_text="∂L_D/∂D(G(z)) = ∂/∂D(G(z)) [−log(D(x)) − log(1 − D(G(z)))] "
        "= 1/(1 − D(G(z)))",
        why="L_D holds log D(x), not log D(G(z)). And even of what is printed in the middle the "
        "derivative is not what is printed on the right: the sign of 1/D(G(z)) is wrong.",
        as_printed=fake_printed,
        as_corrected=fake_corrected,
        experiment=fake_experiment,
    ),
)
