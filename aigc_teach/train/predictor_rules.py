"""The symptoms of networks that predict, and of batch normalisation's two modes: one rule each."""

from __future__ import annotations

import math

from ..core import AigcError
from .probe import Probe
from .symptoms import rule

ENOUGH_STEPS = 200  # after fewer a sound predictor may still stand at the constant answer
AT_THE_CONSTANT = 0.98  # of the loss that one constant answer has
ASKED = 0.98  # share of the targets that a shift explains
REACHES = 1e-4  # change of a logit over the logits' spread; rounding makes about 1e-6
DROWNED = 0.1  # share of the data in the noisiest items
NEARLY_NOISE = 0.1  # nats from noise alone: with less, samples that begin there are hardly off
HALF = 0.5  # with more data than noise in it, a schedule has not come to its end
CLEAN = 0.5  # the same in the least noisy ones, at least
BY_STEP = 0.02  # how far answers move with the step, over two answers' distance
APART = 0.15  # distance of samples in the two modes, over that of two real items
FAR_APART = 0.5  # the same, where it need not be asked which of the two are better
WORSE = 1.5  # energy distance to the data in evaluation mode over the one in training mode
HIGHER = 1.6  # loss in evaluation mode over that in training mode


@rule("modes")
def modes_differ(probe: Probe) -> str | None:
    """Batch normalisation makes something else in evaluation mode than in training mode."""
    apart, ratio, worse = probe.modes
    if apart > FAR_APART or (apart > APART and worse > WORSE):
        return (
            "The same noise gives other samples in eval() than in train() (dropout left out): they "
            f"lie {apart:.2f} times as far apart as two real items. {WHY_MODES}"
        )
    if ratio > HIGHER:
        return (
            f"The loss is {ratio:.1f} times as high in eval() as in train() (dropout left out). "
            f"{WHY_MODES}"
        )
    return None


WHY_MODES = (
    "The averages that batch normalisation keeps are not those of the batches it is trained on: "
    "batches of one or of one kind, averages that lag behind, or copies that were never counted."
)


@rule("constant", tokens=True)
def loss_of_a_constant(probe: Probe) -> str | None:
    """What the network answers is worth no more than one constant answer for everything."""
    own, constant = probe.constant
    if constant <= 0:
        raise AigcError("the loss of a constant answer is not above 0")
    if own <= AT_THE_CONSTANT * constant:
        return None
    steps = probe.subject.steps
    if steps is None:
        raise AigcError(probe.subject.missing["trained"])
    if steps < ENOUGH_STEPS:
        raise AigcError(f"only {steps} steps were made, and at first every loss stands there")
    return (
        f"After {steps} steps the loss is {own:.3g}, and one constant answer to everything would "
        f"have {constant:.3g}{what_constant(probe)}: the answers tell nothing. Is the target made "
        "of what the network is shown, and does the rate let it learn?"
    )


def what_constant(probe: Probe) -> str:
    """What the constant's loss is, where it has a name."""
    if not probe.subject.tokens:
        return " (the variance of the target, for a squared error)"
    words = int(probe.real.max()) + 1
    return f" (log V is {math.log(words):.3g} for the {words} tokens that occur)"


def need_reads(probe: Probe) -> None:
    """A language model whose loss could be read."""
    if not probe.subject.tokens:
        raise AigcError("the data are no tokens")
    if probe.reads is None:
        raise AigcError(probe.missing["reads"])


@rule(tokens=True)
def wrong_shift(probe: Probe) -> str | None:
    """The loss asks for tokens that the network has been shown, or for the next but one."""
    need_reads(probe)
    shares, reach = probe.reads
    if shares[1] > ASKED:
        return None
    if shares[0] > ASKED:
        if reach > REACHES:
            raise AigcError("each token is its own target, as in an autoencoder of rows")
        return (
            f"In {100 * shares[0]:.0f} % of the places the target is the very token that enters "
            "there: the network learns to copy. The target is the next one: logits[:, :-1] "
            "against x[:, 1:]."
        )
    if shares[-1] > ASKED:
        return (
            f"In {100 * shares[-1]:.0f} % of the places the target is the token before: the "
            "network has read it already. The shift goes the other way: logits[:, :-1] against "
            "x[:, 1:]."
        )
    if shares[2] > ASKED:
        return (
            f"In {100 * shares[2]:.0f} % of the places the target is the next token but one: it "
            "is shifted twice (many libraries' models shift the labels themselves)."
        )
    raise AigcError("the targets are not the tokens that enter, shifted")


@rule(tokens=True)
def sees_the_future(probe: Probe) -> str | None:
    """A later token changes an earlier answer of a network that is to predict the next token."""
    need_reads(probe)
    shares, reach = probe.reads
    if shares[1] <= ASKED:
        raise AigcError("the targets are not the next tokens")
    if reach <= REACHES:
        return None
    return (
        "Another token at the end changes the answers before it (by up to "
        f"{reach:.2g} times the logits' spread): the network reads the tokens that it is to "
        "predict. A causal mask is missing or has no effect."
    )


@rule("shares")
def noise_too_weak(probe: Probe) -> str | None:
    """Even at its noisiest step an item is still seen, so no sample can begin with noise alone."""
    least, step, most, nats = probe.shares
    if most < CLEAN:
        raise AigcError("the noisy items are not seen to be made of the data, row by row")
    if least <= DROWNED or (nats <= NEARLY_NOISE and least <= HALF):
        return None
    return (
        f"At its noisiest (step {step:.4g}) an item is still {100 * least:.0f} % data and the rest "
        f"noise ({nats:.2g} nats from noise alone). Samples begin with noise alone, which the "
        "network has never seen: more steps, or a schedule that ends in noise."
    )


@rule("by_step")
def step_ignored(probe: Probe) -> str | None:
    """A noise predictor is told the step and answers without regard to it."""
    if probe.by_step > BY_STEP:
        return None
    return (
        f"Told other steps, the network's answers move {probe.by_step:.1e} times as far as two "
        "answers are apart: it takes the step and hardly uses it."
    )
