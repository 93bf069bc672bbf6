"""What a watched loop tells: one rule for each thing that does not fit."""

from __future__ import annotations

import statistics

import torch

from ..core import AigcError
from .diagnose import Diagnosis
from .probe import BATCH_NORMS
from .record_loop import Record
from .subject import held_by, role_of

SEEN_OFTEN = 8  # steps
KNOWN_ROWS = 0.5  # share of a step's noise that came before, above which noise repeats


def judge(seen: Record) -> Diagnosis:
    """Everything that was seen as a report.

    Parameters
    ----------
    seen : Record
        During its ``with`` or after it.
    """
    found, unknown = {}, {}
    for rule in WATCHED:
        try:
            sentence = rule(seen)
        except AigcError as error:
            unknown[rule.__name__] = str(error)
        else:
            if sentence:
                found[rule.__name__] = sentence
    names = [rule.__name__ for rule in WATCHED]
    absent = tuple(name for name in names if name not in found and name not in unknown)
    return Diagnosis(found, absent, unknown, table(seen))


def table(seen: Record) -> str:
    """Who moved whom, as text."""
    lines = [f"{'optimizer':16}{'steps':>8}   moved (in steps looked at closely)"]
    for key in seen.optimizers:
        moved = {n: p.moved_by[key] for n, p in seen.players.items() if p.moved_by[key]}
        close = min(seen.steps[key], seen.closely)
        told = ", ".join(f"{name} {times} of {close}" for name, times in moved.items())
        lines.append(f"{key:16}{seen.steps[key]:8}   {told or 'nobody'}")
    for name, values in seen.losses.items():
        lines.append(f"{name:16}{len(values):8}   first {values[0]:.4g}, last {values[-1]:.4g}")
    return "\n".join(lines)


def need_steps(seen: Record) -> None:
    """Without a step there is nothing to see."""
    if not sum(seen.steps.values()):
        raise AigcError("no optimizer made a step inside the with block")


def never_moves(seen: Record) -> str | None:
    """A player whose weights are what they were when the watch began."""
    need_steps(seen)
    said, resting = [], seen.meant_to_rest()
    for name, player in seen.players.items():
        if name in resting:
            continue
        now = list(player.net.parameters())
        same = all(torch.equal(a, b) for a, b in zip(player.start, now, strict=True))
        if not now or not same:
            continue
        held = seen.holders(name)
        if not held:
            why = "no optimizer that you gave holds its weights"
        elif not any(w.requires_grad for w in now):
            why = "all its weights are frozen (requires_grad is False)"
        elif not any(seen.steps[key] for key in held):
            why = f"its optimizer {held[0]!r} never made a step"
        elif not player.reached:
            why = "no gradient reached it"
        else:
            why = "its steps changed nothing: is the learning rate 0?"
        said.append(f"{name!r} never moved: {why}.")
    if resting and not said:
        names = ", ".join(map(repr, resting))
        raise AigcError(f"{names}: frozen from the start and in no optimizer, so not judged")
    return " ".join(said) or None


def moves_out_of_turn(seen: Record) -> str | None:
    """A player that moves when an optimizer of the other makes a step."""
    need_steps(seen)
    roles = {role_of(name): name for name in seen.players}
    if not {"critic", "generator"} <= roles.keys():
        raise AigcError("there is no pair of generator and critic (by their names)")
    for mine, yours in (("critic", "generator"), ("generator", "critic")):
        name, other = roles[mine], roles[yours]
        own, moved = seen.players[name].moved_by, seen.players[other].moved_by
        steps = [key for key in own if role_of(key) in (mine, None)]
        both = [key for key in steps if moved[key]]
        if both and len(both) == len(steps):
            key = both[0]
            return (
                f"Each time that {key!r} makes a step for {name!r}, {other!r} moves as well "
                f"({moved[key]} of {min(seen.steps[key], seen.closely)} steps): the optimizer "
                "holds the weights of both."
            )
    return None


def noise_repeats(seen: Record) -> str | None:
    """The generator is given the same noise again and again."""
    need_steps(seen)
    if not any(role_of(name) == "generator" for name in seen.players):
        raise AigcError("there is no generator (by its name)")
    if seen.from_pictures:
        raise AigcError("the generator turns pictures into pictures: there is no noise")
    if len(seen.shares) < 4:
        raise AigcError("the generator was called in fewer than 4 of its steps")
    if seen.few_values:
        raise AigcError("the noise takes a few values only, and may well come again")
    share = statistics.median(seen.shares[len(seen.shares) // 2 :])
    if share <= KNOWN_ROWS:
        return None
    return (
        f"In a typical step {100 * share:.0f} % of the generator's noise vectors had come before: "
        "it learns these few and no others."
    )


def statistics_never_update(seen: Record) -> str | None:
    """Batch normalisation that counts no batch while its network is trained."""
    need_steps(seen)
    said, any_norm = [], False
    for name, player in seen.players.items():
        now = dict(player.net.named_modules())
        any_norm |= any(isinstance(module, BATCH_NORMS) for module in now.values())
        still = [p for p, c in player.counted.items() if now[p].num_batches_tracked == c]
        if still and player.moved_by:
            said.append(
                f"{len(still)} of {len(player.counted)} batch normalisations of {name!r} counted "
                "no batch: the network was in evaluation mode all the time (call train())."
            )
    if not any_norm:
        raise AigcError("there is no batch normalisation")
    return " ".join(said) or None


def gradient_does_not_reach(seen: Record) -> str | None:
    """Weights that an optimizer holds and no gradient ever reached."""
    need_steps(seen)
    said = []
    for name, player in seen.players.items():
        stepped = [seen.optimizers[key] for key in seen.holders(name) if seen.steps[key]]
        held = set().union(*map(held_by, stepped))
        own = [p for p, w in player.net.named_parameters() if w.requires_grad and id(w) in held]
        dry = [place for place in own if place not in player.reached]
        if dry:
            said.append(
                f"No gradient other than 0 reached {len(dry)} of the {len(own)} weight tensors of "
                f"{name!r}, such as {dry[0]!r}, before any step looked at."
            )
    return " ".join(said) or None


def gradients_pile_up(seen: Record) -> str | None:
    """Steps made of gradients that belong to earlier steps or to the other player's turn."""
    need_steps(seen)
    if not sum(seen.judged.values()):
        raise AigcError("no gradient could be compared with what arrived")
    said = [
        f"{seen.stale[name]} of {times} steps of {name!r} used gradients from before an earlier "
        "step: zero_grad is missing, or stands in the wrong place."
        for name, times in seen.judged.items()
        if seen.stale[name] > times / 2
    ]
    return " ".join(said) or None


def same_batch(seen: Record) -> str | None:
    """A network that is shown the same few items at every step."""
    need_steps(seen)
    looked = 0
    for name in seen.players:
        again, ticks, size = seen.same_again(name)
        looked = max(looked, ticks)
        if ticks >= SEEN_OFTEN and again > 0.9 * ticks:
            return (
                f"{name!r} was shown the same {size} items in {again} of {ticks} steps. If these "
                "are not all your data: next(iter(loader)) in the loop begins anew every time."
            )
    if looked < SEEN_OFTEN:
        raise AigcError(f"fewer than {SEEN_OFTEN} batches of real data were seen")
    return None


def not_finite(seen: Record) -> str | None:
    """A weight or a loss that is NaN or infinite."""
    wrong = [
        f"weights of {name!r}"
        for name, player in seen.players.items()
        if not all(torch.isfinite(w).all() for w in player.net.parameters())
    ]
    for name, values in seen.losses.items():
        bad = [k for k, value in enumerate(values, 1) if not torch.isfinite(value).all()]
        if bad:
            wrong.append(f"the loss {name!r} from step {bad[0]} on")
    return f"There are values that are NaN or infinite: {', '.join(wrong)}." if wrong else None


WATCHED = (
    not_finite,
    never_moves,
    moves_out_of_turn,
    noise_repeats,
    statistics_never_update,
    gradient_does_not_reach,
    gradients_pile_up,
    same_batch,
)
