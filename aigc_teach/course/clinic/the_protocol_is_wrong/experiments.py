"""What one may suspect of a protocol, and the experiment that answers each suspicion."""

from __future__ import annotations

from torch import nn

from ....metrics import nearest_distance
from ....nn import mlp
from ..common.case import Hypothesis, Patient, admit
from .recorder import LOOKED_AT, distinct, neighbour_gap, watch


def count_latents(patient: Patient) -> str:
    """How many different latents went in."""
    latents = watch(patient).latents
    return (
        f"In the first {LOOKED_AT} steps {len(latents)} latents went in; "
        f"{len(distinct(latents))} of them differ."
    )


def who_moves(patient: Patient) -> str:
    """How far each player goes in its own step."""
    moves = watch(patient).moves
    said = [f"a weight of the {p} moves by {moves[p, p]:.1e}" for p in ("critic", "generator")]
    return f"In one step of its own optimizer, {said[0]} and {said[1]} (root mean square)."


def who_moves_whom(patient: Patient) -> str:
    """Whether a player's step changes the other player."""
    seen = watch(patient)
    return (
        f"In a turn the critic's optimizer works {seen.works['critic']:.0f} times and the "
        f"generator's {seen.works['generator']:.0f} times; while the generator's does, a weight "
        f"of the critic moves by {seen.moves['generator', 'critic']:.1e}."
    )


def who_hears(patient: Patient) -> str:
    """How often a gradient reaches each player."""
    heard = watch(patient).heard
    critic, generator = (round(LOOKED_AT * heard[p]) for p in ("critic", "generator"))
    return (
        f"Of the first {LOOKED_AT} steps, {critic} brought a gradient to the critic and "
        f"{generator} brought one to the generator."
    )


def what_is_held(patient: Patient) -> str:
    """The gradient used, over the gradient that arrived."""
    held, said = watch(patient).held, []
    for player in ("critic", "generator"):
        if player in held:
            said.append(f"the {player}'s is {held[player]:.2f} times as long")
        else:
            said.append(f"the {player}'s optimizer has 0 gradients of these weights to use")
    return f"Gradient used, against the one that has just arrived: {said[0]}, {said[1]}."


def how_old(patient: Patient) -> str:
    """How far the critic goes between its answer and the use of it."""
    seen = watch(patient)
    return (
        "Between the critic's answer and the generator's step that uses it, a weight of the "
        f"critic moves by {seen.age:.1e}; in a step of its own it moves by "
        f"{seen.moves['critic', 'critic']:.1e}."
    )


def norm_mode(patient: Patient) -> str:
    """How often batch normalisation works in training mode."""
    share = watch(patient).training["BatchNorm1d"]
    norms = [m for m in patient.model.modules() if isinstance(m, nn.BatchNorm1d)]
    counts = [int(m.num_batches_tracked) for m in norms if m.track_running_stats]
    kept = f"have counted {max(counts)} batches" if counts else "keep no statistics (0 of them do)"
    return (
        f"{share:.0%} of the calls of batch normalisation during training are in training mode; "
        f"in the end the layers {kept}."
    )


def dropout_mode(patient: Patient) -> str:
    """How often dropout is in training mode."""
    share = watch(patient).training["Dropout"]
    return f"{share:.0%} of the calls of the dropout layers during training are in training mode."


def how_flat(patient: Patient) -> str:
    """Share of saturated pixels in the first batch."""
    pictures = watch(patient).pictures
    flat = (pictures.abs() > 0.999).float().mean().item()
    slope = (1 - pictures.square()).mean().item()
    return (
        f"In the very first batch {flat:.1%} of the pixels lie beyond 0.999; the mean slope of "
        f"the tanh there is {slope:.2f}."
    )


def in_company(patient: Patient) -> str:
    """Whether a picture changes with the rest of its batch."""
    gap = neighbour_gap(patient.model)
    return (
        "One latent in two batches, with different latents beside it: the two pictures differ "
        f"by {gap:.3f} a pixel."
    )


def certainty(patient: Patient) -> str:
    """What the critic answered in the end."""
    late = max(20, patient.steps // 10)
    real, fake = (patient.history[f"critic.{k}"][-late:].mean() for k in ("real", "fake"))
    return (
        f'In the last {late} steps the critic says "real" with probability {real:.3f} to real '
        f"pictures and {fake:.3f} to generated ones."
    )


def distance(patient: Patient) -> float:
    """Mean distance of 200 samples to the training picture nearest to each."""
    return nearest_distance(patient.pictures(200), 2 * patient.pixels - 1).mean().item()


def slower(patient: Patient) -> str:
    """A quarter of the learning rate."""
    calm = patient.again(lr=patient.plan.lr / 4)
    return (
        f"With a quarter of the learning rate the samples lie {distance(calm):.1f} from the "
        f"nearest training picture; now it is {distance(patient):.1f}."
    )


def longer(patient: Patient) -> str:
    """Half as many steps again."""
    more = admit(patient.plan, patient.pixels, steps=patient.steps * 3 // 2, seed=patient.seed)
    return (
        f"After {more.steps} steps in place of {patient.steps} the samples lie "
        f"{distance(more):.1f} from the nearest training picture; now it is "
        f"{distance(patient):.1f}."
    )


def small_critic() -> nn.Module:
    """Pictures ``[N, 1, 28, 28]`` to logits ``[N, 1]``, with 8 units between."""
    return nn.Sequential(nn.Flatten(), mlp([784, 8, 1], "leaky_relu"))


def weaker(patient: Patient) -> str:
    """A much smaller critic."""
    weak = patient.again(critic=small_critic)
    return (
        f"Against a critic with 8 hidden units the samples lie {distance(weak):.1f} from the "
        f"nearest training picture; now it is {distance(patient):.1f}. {certainty(weak)}"
    )


CLAIMS = {
    "latents": ("All pictures are made from the same few latents.", count_latents),
    "still": ("One of the two players never moves.", who_moves),
    "both_move": ("One player's move changes the other player as well.", who_moves_whom),
    "unheard": ("No gradient reaches the network that makes the pictures.", who_hears),
    "leftover": ("Each move still carries the gradients of earlier moves.", what_is_held),
    "old_answer": ("One player goes by an answer that is out of date.", how_old),
    "norm": ("Batch normalisation is in the wrong mode during training.", norm_mode),
    "no_dropout": ("The dropout drops nothing during training.", dropout_mode),
    "flat": ("The tanh at the end is flat almost everywhere, from the start.", how_flat),
    "company": ("What a latent becomes depends on the latents beside it.", in_company),
    "won": ("The critic has won: it is too strong.", certainty),
    "too_strong": ("The critic has won: it is too large a network.", weaker),
    "rate": ("The learning rate is too large.", slower),
    "short": ("The training was stopped too early.", longer),
}


def suspect(**verdicts: str) -> dict[str, Hypothesis]:
    """Hypotheses from :data:`CLAIMS`, each with its verdict in this case."""
    return {key: Hypothesis(*CLAIMS[key], verdict) for key, verdict in verdicts.items()}
