"""The symptoms that a diagnosis knows: one rule each, a probe in, a sentence or nothing out.

A rule says something only where it has evidence, with its numbers; it never asks which model
this is. Where it cannot know, it raises an :class:`AigcError` that says why. The bounds are in
one place, :data:`BOUNDS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..core import AigcError
from .probe import BATCH_NORMS, Probe
from .subject import held_by, owner
from .untouched import parts_of_all

BOUNDS = {
    "certain": 0.97,  # mean probability of "real": for real data minus for generated data
    "certain_now": 0.99,  # the same, where only this moment is known
    "spread": 0.3,  # mean distance of two samples over the same of two real items
    "spread_early": 0.05,  # the same in a training of fewer than MANY_STEPS
    "copies": 0.005,  # distance to the next sample, over the same (a latent line has about 0.01)
    "still": 1e-8,  # gradient a weight; below Adam's epsilon no step is made of it
    "at_the_ends": 0.1,  # share of values at the ends of the range, minus the same of the data
    "beside": 0.25,  # how far beside a range is far, in lengths of the data's range
    "outside": 0.02,  # share of the samples' values so far beside the data's range
    "missed": 0.12,  # share of the data's values so far beside the samples' range
    "beyond": 0.05,  # share of the data's values that the model cannot reach at all
    "picture": 64,  # an item of so many values is a picture, say; of fewer a point
    "unscaled": 20.0,  # a value of the data that no network's first weights are made for
    "inactive": 0.01,  # variance of a mean code over the data (Burda et al. 2016, section 5.3)
    "worse": 2.0,  # an autoencoder's squared error over the variance of the data
    "far_code": 100.0,  # the same, where no prior can hold it
    "by_label": 1e-4,  # how far a sample moves with its label, over two samples' distance
    "same_way": 0.99,  # share of the answers that both losses pull in one direction
    "born_with": 0.5,  # share of the first statistics that is left in a batch normalisation
    "repeated": 0.01,  # share of the noise that comes again
    "overshoot": 0.3,  # as "outside", for an output without bounds in fewer than MANY_STEPS
    "squashed": ((0.62, 0.81), (1.09, 1.20)),  # how a log loss of logits bends from .5 to .9
}
INFINITY = float("inf")
FEW_STEPS = 30  # a training of fewer has just begun
SOME_STEPS = 200  # after fewer an autoencoder may still be worse than the data's mean
MANY_STEPS = 1000  # after fewer a sound GAN's samples may still be alike


@dataclass(frozen=True)
class Rule:
    """One symptom's rule.

    Attributes
    ----------
    test : callable
        A probe in, a sentence or None out; raises AigcError where it cannot know.
    needs : tuple of str
        What the probe must hold.
    finite : bool
        False for a rule that can speak of networks and data that hold NaN.
    tokens : bool
        True for a rule that can speak of data that are tokens.
    """

    test: Callable[[Probe], str | None]
    needs: tuple[str, ...] = ()
    finite: bool = True
    tokens: bool = False

    def __call__(self, probe: Probe) -> str | None:
        """The sentence, or None; AigcError where something that it needs is missing."""
        if probe.subject.tokens and not self.tokens:
            raise AigcError("the data are tokens, not numbers")
        for name in self.needs:
            if getattr(probe, name) is None:
                raise AigcError(probe.missing.get(name, f"there is no {name}"))
        return self.test(probe)


RULES: dict[str, Rule] = {}


def rule(*needs: str, finite: bool = True, tokens: bool = False) -> Callable:
    """Enter a rule under its own name."""

    def enter(function: Callable[[Probe], str | None]) -> Callable:
        RULES[function.__name__] = Rule(function, needs, finite, tokens)
        return function

    return enter


def apply_rules(probe: Probe) -> tuple[dict[str, str], dict[str, str]]:
    """What is found, and what could not be looked for: a sentence or a reason for each symptom."""
    found, unknown = {}, {}
    spoilt = spoilt_by(probe)
    for name, one in RULES.items():
        try:
            if spoilt and one.finite:
                raise AigcError(spoilt)
            sentence = one(probe)
        except AigcError as error:
            unknown[name] = str(error).rstrip(".")
        except Exception as error:
            unknown[name] = f"the test itself failed ({type(error).__name__}: {error})"
        else:
            if sentence:
                found[name] = sentence
    return found, unknown


def spoilt_by(probe: Probe) -> str:
    """Why most rules cannot speak at all, or nothing."""
    if not_finite(probe):
        return "there are values that are not finite (see not_finite)"
    if constant_data(probe):
        return "the real data do not vary (see constant_data)"
    return ""


@rule(finite=False, tokens=True)
def not_finite(probe: Probe) -> str | None:
    """NaN or an infinity in the data, the weights, the curves or the samples."""
    wrong = []
    if not torch.isfinite(probe.real).all():
        wrong.append("the real data")
    for module in probe.subject.modules:
        bad = [name for name, w in module.named_parameters() if not torch.isfinite(w).all()]
        bad += [
            name
            for name, b in module.named_buffers()
            if b.is_floating_point() and not torch.isfinite(b).all()
        ]
        if bad:
            wrong.append(f"{len(bad)} of a {type(module).__name__}'s tensors, such as {bad[0]!r}")
    for name, series in probe.subject.curves.items():
        if len(series) and not torch.isfinite(torch.tensor(float(series[-1]))):
            wrong.append(f"the last value of the curve {name!r}")
    if probe.samples is not None and not torch.isfinite(probe.samples).all():
        wrong.append("the samples")
    for player, total in (probe.totals or {}).items():
        if not math.isfinite(total):
            wrong.append(f"the loss of {player!r} as it is now")
    if not wrong:
        return None
    halves = {str(w.dtype)[6:] for m in probe.subject.modules for w in m.parameters()}
    return (
        f"There are values that are NaN or infinite: {', '.join(wrong)}. "
        f"{causes_of_nan(halves & {'float16', 'bfloat16'})}"
    )


def causes_of_nan(halves: set[str]) -> str:
    """What most often makes numbers that are none, as a sentence.

    >>> causes_of_nan({"float16"})[:35]
    'The weights are float16: above 65,5'
    """
    if "float16" in halves:
        return (
            "The weights are float16: above 65,504 there is only infinity. Keep them in float32 "
            "and let autocast and a GradScaler choose."
        )
    return (
        "Frequent causes: a rate too high, the log or the root of 0, a division by 0, and half "
        "precision (amp with float16: a GradScaler is needed, or bfloat16)."
    )


@rule(finite=False, tokens=True)
def constant_data(probe: Probe) -> str | None:
    """All real items are the same."""
    real = probe.real.detach().flatten(1)
    if not torch.isfinite(real).all() or (real - real[:1]).abs().max() > 1e-6 * real.abs().max():
        return None
    return (
        f"All {len(real)} real items are the same (values from {real.min():.3g} to "
        f"{real.max():.3g}): there is nothing to learn from them. Look at one."
    )


@rule()
def discriminator_won(probe: Probe) -> str | None:
    """The critic is certain of both kinds, and has been for a tenth of the training."""
    real, fake = probe.late("critic.real"), probe.late("critic.fake")
    when, bound = "Over the last tenth of the steps", BOUNDS["certain"]
    if real is None or fake is None:
        if probe.answers is None:
            raise AigcError(probe.missing["answers"])
        answers = probe.answers
        if not between_0_and_1(probe.provoked):
            if not takes_logits(probe):
                raise AigcError("the critic gives scores, not probabilities")
            answers = answers.sigmoid()
        real, fake = (half.mean().item() for half in answers.chunk(2))
        when, bound = "As it is now", BOUNDS["certain_now"]
    if not (0 <= fake <= 1 and 0 <= real <= 1):
        raise AigcError("the critic gives scores, not probabilities")
    if real - fake <= bound:
        return None
    return (
        f"{when} the critic takes real data for real with probability "
        f"{real:.3f} and generated data with {fake:.3f}: it is hardly ever wrong."
    )


@rule("samples")
def generator_collapsed(probe: Probe) -> str | None:
    """The samples are nearly the same few items."""
    if probe.decoded and "generator" not in probe.subject.networks and not tells_kl(probe):
        raise AigcError("an autoencoder makes no samples of its own (see dead_code)")
    steps = probe.subject.steps_of_generator
    if steps is not None and steps < FEW_STEPS:
        raise AigcError(f"only {steps} steps were made, and at first all samples are alike")
    spread = mean_distance(probe.samples) / (mean_distance(probe.real) or 1.0)
    copies = next_one(probe.samples) / (next_one(probe.real) or 1.0)
    if spread >= BOUNDS["spread"] and copies >= BOUNDS["copies"]:
        return None
    short = steps is not None and steps < MANY_STEPS
    if short and spread >= BOUNDS["spread_early"] and copies >= BOUNDS["copies"]:
        raise AigcError(
            f"two samples are {spread:.2f} times as far apart as two real items; after {steps} "
            "steps that may be a collapse or the beginning (train longer, and look again)"
        )
    return (
        f"Two samples are on average {spread:.3f} times as far apart as two items of the real "
        f"data, and the one most like it is {copies:.3f} times as far off: few different items."
    )


@rule("pull")
def labels_alike(probe: Probe) -> str | None:
    """The critic's loss pulls the answers for real and for generated data the same way."""
    real, made = probe.pull.chunk(2)
    ups = [(part > 0).float().mean().item() for part in (real, made)]  # share pulled down
    if not (min(ups) > 0.99 or max(ups) < 0.01):
        return None
    way = "down" if ups[0] > 0.5 else "up"
    total = probe.late("critic.total")
    floor = "" if total is None else f" Its loss stood at {total:.3f} in the end."
    return (
        f"The critic's loss pulls its answers {way} for real data and {way} for generated data: "
        f"one constant answer is the best it can give.{floor}"
    )


@rule("one_half")
def one_half_missing(probe: Probe) -> str | None:
    """The critic's loss asks for something about real data only."""
    if not probe.one_half:
        return None
    return (
        "The critic's own loss pulls its answers about real data, and none about generated data: "
        "it learns to say one thing to everything. (Was a second backward forgotten?)"
    )


@rule("aims")
def generator_pulls_with_critic(probe: Probe) -> str | None:
    """The generator's loss asks of the critic's answers what the critic's own loss asks."""
    mine, yours = probe.aims
    if probe.pull is not None and labels_alike(probe):
        raise AigcError("the critic's own loss is not sound (see labels_alike)")
    same = (mine * yours > 0).float().mean().item()
    if same <= BOUNDS["same_way"]:
        return None
    way = "down" if bool((mine > 0).float().mean() > 0.5) else "up"
    return (
        f"For {100 * same:.0f} % of the generated items both losses pull the critic's answer "
        f"{way}: the generator is rewarded for what the critic already says of it. (A label or a "
        "sign in the generator's turn is turned round.)"
    )


@rule(tokens=True)
def squashed_twice(probe: Probe) -> str | None:
    """Answers are probabilities already, and the loss squashes them again."""
    if "critic" not in probe.subject.networks and probe.chances is not None:
        return SOFTMAX_TWICE if probe.chances else None
    for name in ("pull", "provoked"):
        if getattr(probe, name) is None:
            raise AigcError(probe.missing[name])
    if not between_0_and_1(probe.provoked) or not takes_logits(probe):
        return None
    return (
        f"Whatever the critic is shown, even data made a thousand times larger, its answers lie "
        f"between {probe.provoked.min():.2f} and {probe.provoked.max():.2f}, like probabilities; "
        "and its loss takes them for logits: they are squashed twice."
    )


SOFTMAX_TWICE = (
    "The network's answers are probabilities already (none below 0, their sum is 1), and its loss "
    "is a cross-entropy of logits, with a softmax of its own: even a sure answer looks unsure to "
    "it. Leave the softmax out of the network."
)


@rule("push", tokens=True)
def no_gradient(probe: Probe) -> str | None:
    """A player is not told which way to go."""
    said = []
    for player, push in probe.push.items():
        if isinstance(push, str):
            said.append(f"No gradient reaches {player!r}: {push}.")
        elif push < BOUNDS["still"] and not at_rest(probe, player):
            said.append(
                f"The gradient of {player!r} is {push:.1e} a weight, below Adam's epsilon of "
                f"{BOUNDS['still']:.0e}: hardly a step is made of it."
            )
    if not said and "some_pushes" in probe.missing:
        raise AigcError(f"not for every player: {probe.missing['some_pushes']}")
    return " ".join(said) or None


def at_rest(probe: Probe, player: str) -> bool:
    """Whether a critic has all it asked for, as with a hinge, while the generator goes on."""
    others = [push for name, push in probe.push.items() if name != player]
    moving = any(not isinstance(push, str) and push >= BOUNDS["still"] for push in others)
    critic = player == probe.subject.of_role("critic")
    sound = probe.pull is not None and not labels_alike(probe)
    return critic and probe.push[player] == 0.0 and sound and moving


@rule("samples")
def saturated_outputs(probe: Probe) -> str | None:
    """Nearly all the model's values lie at the two ends of their range; the data's do not."""
    made, real = at_the_ends(probe.samples), at_the_ends(probe.real)
    if made <= max(0.5, real + BOUNDS["at_the_ends"]):
        return None
    return (
        f"{100 * made:.1f} % of the values in the samples lie at the ends of their range "
        f"(real data: {100 * real:.1f} %): there the output's slope is nearly 0."
    )


@rule()
def range_mismatch(probe: Probe) -> str | None:
    """The data lie in another range than the model's values do, or can."""
    low, high = (v.item() for v in torch.aminmax(probe.real))
    picture = probe.real[0].numel() >= BOUNDS["picture"]
    said = [reach_against_data(probe, low, high, picture)] if probe.reach is not None else []
    if picture and max(-low, high) > BOUNDS["unscaled"]:
        said.append(
            f"The data lie in [{low:.4g}, {high:.4g}]; a network's first weights are made for "
            "values of about 1. Divide the data by what is largest."
        )
    logits = probe.subject.decodes and probe.reach is not None and max(probe.reach) == INFINITY
    if picture and probe.samples is not None and not logits:
        said.append(samples_against_data(probe, low, high))
    said = [sentence for sentence in said if sentence]
    if not said and probe.samples is None:
        raise AigcError(probe.missing["samples"])
    if not said and probe.reach is None and not picture:
        raise AigcError(probe.missing["reach"])
    if not said and logits and low >= 0 and high <= 1:
        raise AigcError(
            "what the decoder gives has no bounds (logits?); give fake=, a function from n to "
            "finished samples"
        )
    return " ".join(said) or None


def reach_against_data(probe: Probe, low: float, high: float, picture: bool) -> str | None:
    """Data that the model can never make, or of which it fills one half only."""
    bottom, top = probe.reach
    slack = 0.02 * (high - low)
    beyond = ((probe.real < bottom - slack) | (probe.real > top + slack)).float().mean().item()
    if beyond > BOUNDS["beyond"]:
        return (
            f"The data lie in [{low:.2f}, {high:.2f}], and behind the model's last layer only "
            f"values in [{bottom:.2f}, {top:.2f}] can come out: {100 * beyond:.0f} % of the "
            "data's values can never be made."
        )
    half = abs(bottom + 1) < 0.05 and abs(top - 1) < 0.05 and low >= -1e-3 and high > 0.5
    if picture and half:
        return (
            f"The data lie in [{low:.2f}, {high:.2f}] and the model's values in [-1, 1]: half of "
            "its range is never used. Give it 2 * x - 1."
        )
    return None


def samples_against_data(probe: Probe, low: float, high: float) -> str | None:
    """Samples that leave the data's range, or never come near much of it."""
    bottom, top = (v.item() for v in torch.aminmax(probe.samples))
    slack = BOUNDS["beside"] * (high - low)
    outside = ((probe.samples < low - slack) | (probe.samples > high + slack)).float().mean()
    steps = probe.subject.steps_of_generator
    free = probe.reach == (-INFINITY, INFINITY) and "generator" in probe.subject.networks
    early = free and (steps is None or steps < MANY_STEPS)
    if early and BOUNDS["outside"] <= outside < BOUNDS["overshoot"]:
        raise AigcError(
            f"{100 * outside:.0f} % of the samples' values lie far outside the data's range; an "
            "output without bounds may overshoot at first (train longer, and look again)"
        )
    missed = ((probe.real < bottom - slack) | (probe.real > top + slack)).float().mean()
    never = probe.reach is None and missed > BOUNDS["missed"]  # else it is undertrained
    if outside < BOUNDS["outside"] and not never:
        return None
    return (
        f"The data lie in [{low:.2f}, {high:.2f}] and the samples in [{bottom:.2f}, {top:.2f}]: "
        f"{100 * missed:.0f} % of the data's values are far from any of the samples', and "
        f"{100 * outside:.0f} % of the samples' far outside."
    )


@rule(finite=False, tokens=True)
def batch_norm_never_updated(probe: Probe) -> str | None:
    """Batch normalisation still has the statistics it was born with."""
    norms = [m for m in parts_of_all(probe.subject.modules) if isinstance(m, BATCH_NORMS)]
    kept = [m for m in norms if m.track_running_stats]
    stale = [m for m in kept if m.num_batches_tracked == 0]
    if stale and probe.subject.trained is None:
        raise AigcError(probe.subject.missing["trained"])
    if not stale:
        return lagging(kept)
    steps = max((len(c) for c in probe.subject.curves.values()), default=0)
    after = f"in {steps} steps" if steps else "although steps were made"
    return (
        f"{len(stale)} of {len(kept)} batch normalisations have counted 0 batches "
        f"{after}: their mean is still 0 and their variance still 1."
    )


def lagging(norms: list[nn.Module]) -> str | None:
    """Batch normalisations that have counted, with a momentum so small that it hardly shows."""
    said = []
    for norm in norms:
        counted = int(norm.num_batches_tracked)
        left = 0.0 if norm.momentum is None else (1 - norm.momentum) ** counted
        if counted >= FEW_STEPS and left > BOUNDS["born_with"]:
            said.append((left, counted, norm.momentum))
    if not said:
        return None
    left, counted, momentum = max(said)
    return (
        f"{len(said)} of {len(norms)} batch normalisations have hardly moved: after {counted} "
        f"batches with momentum {momentum:g}, {100 * left:.0f} % of their statistics are those "
        "they were born with, mean 0 and variance 1. (0.1 is usual.)"
    )


@rule("noises", finite=False)
def reused_noise(probe: Probe) -> str | None:
    """Two turns with different seeds feed the generator the same noise."""
    one, other = probe.noises
    if one.shape[1:] != other.shape[1:] or not one.numel():
        raise AigcError("the noise of two turns has two shapes")
    if one.shape[1] >= BOUNDS["picture"] and one.shape[1] == probe.real[0].numel():
        raise AigcError("what enters the generator has the size of the data: it is no noise")
    if torch.cat([one, other]).unique().numel() < 16:
        raise AigcError("the noise takes a few values only, and may well come again")
    known = torch.unique(one, dim=0)
    together = torch.unique(torch.cat([known, torch.unique(other, dim=0)]), dim=0)
    again = len(known) + len(torch.unique(other, dim=0)) - len(together)
    if again < max(1, BOUNDS["repeated"] * len(one)):
        return None
    if not like_noise(known):
        raise AigcError(
            "what enters the generator is neither normal nor uniform: items of a data set, it seems"
        )
    return (
        f"Two turns, seeded differently, fed the generator {len(one)} noise vectors each, and "
        f"{again} of the second turn were the same as in the first: it only ever learns these."
    )


def like_noise(rows: Tensor) -> bool:
    """Whether half of the columns or more may be draws from a normal or a uniform law.

    A test of Kolmogorov and Smirnov for each column at the level 0.01; fewer than 64 rows can be
    told from nothing.

    >>> z = torch.randn(256, 4, generator=torch.Generator().manual_seed(0))
    >>> like_noise(z), like_noise(z.cos()), like_noise(z.sign())
    (True, False, False)
    """
    n = len(rows)
    if n < 64:
        return True
    x = rows.double().sort(dim=0).values  # [N, L]
    scaled = (x - x.mean(dim=0)) / x.std(dim=0).clamp_min(1e-12)
    normal = torch.special.ndtr(scaled)
    uniform = (x - x[0]) / (x[-1] - x[0]).clamp_min(1e-12)
    steps = (torch.arange(n, dtype=x.dtype, device=x.device)[:, None] + 0.5) / n
    apart = torch.stack([(law - steps).abs().max(dim=0).values for law in (normal, uniform)])
    return bool((apart.min(dim=0).values < 1.63 / n**0.5).double().mean() >= 0.5)


@rule("by_label", "samples")
def condition_ignored(probe: Probe) -> str | None:
    """The generator takes a label, and makes the same without regard to it."""
    if probe.by_label > BOUNDS["by_label"]:
        return None
    return (
        f"With the same noise and other labels the samples move {probe.by_label:.1e} times as far "
        "as two samples are apart: the generator takes the label and does not use it."
    )


@rule("spread")
def kl_runs_away(probe: Probe) -> str | None:
    """The mean codes lie far outside any prior that a VAE could have been given."""
    if probe.decoded:
        raise AigcError("the code comes without a variance: any scale may be meant")
    far = probe.spread.max().item()
    if far <= BOUNDS["far_code"]:
        return None
    return (
        f"The mean code's variance over the data is {far:.3g} in its widest coordinate; a standard "
        "normal prior allows about 1. Is the KL's sign turned round, or does it weigh nothing?"
    )


@rule("spread")
def posterior_collapse(probe: Probe) -> str | None:
    """The code of a VAE no longer depends on the data."""
    if probe.decoded and not tells_kl(probe):
        raise AigcError("the code comes without a variance, as in an autoencoder (see dead_code)")
    if bool((probe.spread > BOUNDS["inactive"]).any()):
        return None
    kl = probe.late("kl")
    told = "" if kl is None else f", and the KL term was logged as {kl:.3f}"
    if probe.decoded:
        return (
            f"What is decoded varies {probe.spread.max():.4f} times as much as the data (variance "
            f"over variance){told}: the decoder is told nothing."
        )
    return (
        f"None of the {len(probe.spread)} coordinates of the mean code varies with the data "
        f"(largest variance {probe.spread.max():.1e}){told}: the decoder is told nothing."
    )


@rule("spread")
def dead_code(probe: Probe) -> str | None:
    """An autoencoder that answers with the same item, whatever it is shown."""
    if not probe.decoded or tells_kl(probe):
        raise AigcError("the code has a variance, as in a VAE (see posterior_collapse)")
    share = probe.spread.max().item()
    if share > BOUNDS["inactive"]:
        return worse_than_the_mean(probe)
    return (
        f"What the autoencoder makes of its data varies {share:.4f} times as much as they do "
        "(variance over variance): it answers all with nearly the same item, their mean. Print the "
        "code: are its values the same for all items (a ReLU or a tanh at its end, a rate too "
        "high)? Is the target the item itself, and of its shape?"
    )


def worse_than_the_mean(probe: Probe) -> str | None:
    """An autoencoder whose answers are further from the data than their mean is, after training."""
    steps = probe.subject.steps
    if probe.rebuilt is None or steps is None or steps < SOME_STEPS or may_be_logits(probe):
        return None
    if probe.rebuilt <= BOUNDS["worse"]:
        return None
    return (
        f"After {steps} steps the autoencoder's squared error is {probe.rebuilt:.3g} times the "
        "variance of the data: the data's mean would be a better answer to everything. Does a "
        "rate too high throw it about? Is the target the item itself?"
    )


def may_be_logits(probe: Probe) -> bool:
    """Whether what is decoded may be logits of data in [0, 1]."""
    within = bool(probe.real.min() >= 0 and probe.real.max() <= 1)
    return within and (probe.reach is None or max(probe.reach) == INFINITY)


def tells_kl(probe: Probe) -> bool:
    """Whether a KL term was logged: then a code that comes alone is that of a VAE."""
    return probe.late("kl") is not None


@rule(finite=False, tokens=True)
def weights_without_optimizer(probe: Probe) -> str | None:
    """No optimizer holds the weights of a network, or its learning rate is 0."""
    if not probe.subject.optimizers:
        raise AigcError("give optimizers=")
    hidden = hidden_weights(probe)
    if hidden:
        return hidden
    rates = {
        id(w): group.get("initial_lr", group["lr"])  # a schedule may have ended at 0
        for o in probe.subject.optimizers
        for group in o.param_groups
        for w in group["params"]
    }
    said, twins = [], probe.twins or set()
    for role, net in holders(probe).items():
        if role in twins:
            continue
        weights = [w for w in net.parameters() if w.requires_grad]
        free = [w for w in weights if id(w) not in rates]
        still = [w for w in weights if id(w) in rates and not rates[id(w)]]
        name = probe.subject.names[role]
        if free:
            said.append(
                f"{len(free)} of the {len(weights)} weight tensors of {name!r} are held by none of "
                "the optimizers that you gave (a network that was made again?)."
            )
        elif still:
            said.append(f"The learning rate of {name!r} is 0.")
    if twins and not said:
        names = ", ".join(repr(probe.subject.names[role]) for role in sorted(twins))
        raise AigcError(
            f"{names}: a copy of a network that is trained, such as an average (give that one)"
        )
    return " ".join(said) or None


@rule(finite=False)
def optimizer_of_both(probe: Probe) -> str | None:
    """A player's only optimizer also moves the other player."""
    nets = holders(probe)
    if not probe.subject.optimizers or not {"critic", "generator"} <= nets.keys():
        raise AigcError("give generator=, critic= and optimizers=")
    own = {role: {id(w) for w in nets[role].parameters()} for role in ("critic", "generator")}
    held = [held_by(optimizer) for optimizer in probe.subject.optimizers]
    for role, other in (("critic", "generator"), ("generator", "critic")):
        alone = any(ids & own[role] and not ids & own[other] for ids in held)
        both = any(ids & own[role] and ids & own[other] for ids in held)
        if both and not alone:
            return (
                f"The only optimizer that moves {probe.subject.names[role]!r} also holds weights "
                f"of {probe.subject.names[other]!r}: in one player's turn both move."
            )
    return None


def hidden_weights(probe: Probe) -> str | None:
    """Layers in a plain list or dict of a module, which its parameters() do not hold."""
    held = set().union(*map(held_by, probe.subject.optimizers))
    for module in parts_of_all(probe.subject.modules):
        for name, value in vars(module).items():
            if name.startswith("_") or not isinstance(value, (list, tuple, dict)):
                continue
            parts = value.values() if isinstance(value, dict) else value
            weights = [w for part in parts for w in weights_of(part)]
            lost = [w for w in weights if w.requires_grad and id(w) not in held]
            if lost:
                return (
                    f"{len(lost)} weight tensors of a {type(module).__name__} lie in its "
                    f"{type(value).__name__} {name!r}: parameters() does not see them, and no "
                    "optimizer that you gave holds them. Use nn.ModuleList or nn.ParameterList."
                )
    return None


def weights_of(part: object) -> list[nn.Parameter]:
    """The weights of a module, or a weight itself."""
    if isinstance(part, nn.Module):
        return list(part.parameters())
    return [part] if isinstance(part, nn.Parameter) else []


def holders(probe: Probe) -> dict[str, nn.Module]:
    """The networks that are Modules, by their role; each once."""
    found = {role: owner(network) for role, network in probe.subject.networks.items()}
    seen: dict[int, str] = {}
    for role, net in found.items():
        if net is not None:
            seen.setdefault(id(net), role)
    return {role: found[role] for role in seen.values()}


def between_0_and_1(answers: Tensor) -> bool:
    """Whether all answers could be probabilities."""
    return bool(answers.min() >= 0 and answers.max() <= 1)


def takes_logits(probe: Probe) -> bool:
    """Whether the pull on an answer bends as that of a log loss of logits does."""
    if probe.pull is None or probe.further is None:
        return False
    ratios = probe.further / probe.pull
    medians = [half.median().item() for half in ratios.chunk(2)]
    return all(any(a < m < b for a, b in BOUNDS["squashed"]) for m in medians)


def next_one(x: Tensor) -> float:
    """Median distance from an item to its nearest neighbour in the same set."""
    flat = x.detach().flatten(1).double()  # [N, D]
    distances = torch.cdist(flat, flat)  # [N, N]
    distances.fill_diagonal_(float("inf"))
    return distances.min(dim=1).values.median().item()


def mean_distance(x: Tensor) -> float:
    """Mean distance of two items of a set."""
    return torch.pdist(x.detach().flatten(1).double()).mean().item()


def at_the_ends(x: Tensor) -> float:
    """Share of the values within a thousandth of the range from one of its ends."""
    low, high = torch.aminmax(x)
    slack = 1e-3 * (high - low)
    return ((x <= low + slack) | (x >= high - slack)).float().mean().item()
