"""What a watched loop tells: one rule for each thing that does not fit."""

from __future__ import annotations

import math
import statistics

import torch
from torch import Tensor

from ..core import AigcError
from .diagnose import Diagnosis
from .predictor_rules import ENOUGH_STEPS, WHY_MODES
from .predictors import class_axis
from .probe import BATCH_NORMS, counted_norms
from .record_loop import Player, Record
from .subject import held_by, role_of, tensors_in
from .symptoms import causes_of_nan
from .untouched import untouched

SEEN_OFTEN = 8  # steps
MOVES_TO_JUDGE = 20  # steps of a player
STILL = 1e-5  # of its longest step
PULLED = 1e-4  # of its largest gradient: with less than that it has arrived, and may rest
SHARE_STILL = 0.5  # of its steps
AT_THE_CONSTANT = 0.995  # of the loss that the best constant answer to the same items has
APART_IN_LOOP = 0.7  # distance of answers in the two modes, over that of two answers
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
        except Exception as error:  # somebody's network may raise anything when it is asked again
            unknown[rule.__name__] = f"the test itself failed ({type(error).__name__}: {error})"
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
        elif player.counted and player.moved_by and left_in_eval(player):
            said.append(
                f"In {player.evaluating} of its {player.evaluating + player.training} calls with "
                f"gradients {name!r} was in evaluation mode, and its batch normalisation counted "
                "nothing: after a look at samples, call train() again."
            )
    if not any_norm:
        raise AigcError("there is no batch normalisation")
    return " ".join(said) or None


def left_in_eval(player: Player) -> bool:
    """Whether a network was put into evaluation mode and went on being trained there."""
    return player.evaluating >= MOVES_TO_JUDGE and player.evaluating > 3 * player.training


def gradient_does_not_reach(seen: Record) -> str | None:
    """Weights that an optimizer holds and no gradient ever reached."""
    need_steps(seen)
    said = []
    for name, player in seen.players.items():
        stepped = [seen.optimizers[key] for key in seen.holders(name) if seen.steps[key]]
        held = set().union(*map(held_by, stepped))
        own = [p for p, w in player.net.named_parameters() if w.requires_grad and id(w) in held]
        own = [place for place in own if place in player.used]  # some parts are for other uses
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
    if not wrong:
        return None
    halves = {str(w.dtype)[6:] for p in seen.players.values() for w in p.net.parameters()}
    return (
        f"There are values that are NaN or infinite: {', '.join(wrong)}. "
        f"{causes_of_nan(halves & {'float16', 'bfloat16'})}"
    )


def stopped_moving(seen: Record) -> str | None:
    """A player that moved, and then stood still although gradients arrived."""
    said = [overflowed(name, player) for name, player in seen.players.items()]
    said = [sentence for sentence in said if sentence]
    if not said:
        need_steps(seen)
    looked = bool(said)
    for name, player in seen.players.items():
        if len(player.moves) < MOVES_TO_JUDGE:
            continue
        looked = True
        moves, pulls = torch.stack(player.moves), torch.stack(player.pulls)
        still = (moves <= STILL * moves.max()) & (pulls > PULLED * pulls.nan_to_num(0, 0).max())
        if moves.max() > 0 and still.double().mean() > SHARE_STILL:
            kept = int((~still).sum())
            said.append(
                f"{name!r} moved in {kept} of its {len(moves)} steps, though gradients arrived in "
                "all: did a schedule, stepped too often, end the learning rate?"
            )
    if not looked:
        raise AigcError(f"no player made {MOVES_TO_JUDGE} steps that could be seen")
    return " ".join(said) or None


def overflowed(name: str, player: Player) -> str | None:
    """Backward passes without a number in them, which a scaler throws away."""
    if player.backwards < MOVES_TO_JUDGE:
        return None
    lost = int(torch.stack(player.overflows).sum())
    if lost <= SHARE_STILL * player.backwards:
        return None
    return (
        f"In {lost} of {player.backwards} backward passes of {name!r} the gradient was NaN or "
        f"infinite, and {len(player.moves)} steps were made (a GradScaler leaves such steps out). "
        "Half precision overflows: lower the loss or the first scale, or use bfloat16."
    )


def modes_differ(seen: Record) -> str | None:
    """A network that answers otherwise in evaluation mode to what it was shown last."""
    need_steps(seen)
    said, looked = [], False
    for name, player in seen.players.items():
        if (
            not player.shown
            or not counted_norms([player.net])
            or not all(torch.isfinite(w).all() for w in player.net.parameters())
        ):
            continue
        apart = apart_by_mode(player)
        looked |= apart is not None
        if apart is not None and apart > APART_IN_LOOP:
            said.append(
                f"To what it was shown last, {name!r} answers otherwise in eval() than in train() "
                f"(dropout left out): {apart:.2f} times as far off as two of its answers are from "
                f"each other. {WHY_MODES}"
            )
    if not looked:
        raise AigcError("no network with batch normalisation was seen to be trained")
    return " ".join(said) or None


def apart_by_mode(player: Player) -> float | None:
    """How far answers in the two modes lie apart, over the distance of two; dropout is off."""
    told: dict[bool, list[Tensor]] = {}
    with untouched([player.net]), torch.no_grad():
        player.net.eval()
        for training in (True, False):
            for module in player.net.modules():
                if isinstance(module, BATCH_NORMS):
                    module.train(training)
            torch.manual_seed(0)
            answers = [player.net(*args, **kwargs) for args, kwargs in player.shown]
            found = [max(tensors_in(y), key=lambda t: t.numel(), default=None) for y in answers]
            told[training] = [y.flatten(1).double() for y in found if y is not None and y.ndim > 1]
    shapes = {y.shape[1:] for some in told.values() for y in some}
    if len(shapes) != 1:
        return None
    one, two = torch.cat(told[True]), torch.cat(told[False])
    if len(one) < 2:
        return None
    unit = torch.pdist(one).mean().clamp_min(1e-12)
    return ((one - two).norm(dim=1).mean() / unit).item()


def loss_of_a_constant(seen: Record) -> str | None:
    """A network whose last answers were worth no more than one constant answer."""
    need_steps(seen)
    said, looked = [], False
    for name, player in seen.players.items():
        told = own_and_constant(seen, player)
        steps = len(player.moves)
        if told is None or steps < ENOUGH_STEPS:
            continue
        looked = True
        own, constant, words = told
        if own > AT_THE_CONSTANT * constant:
            said.append(
                f"At the end, after {steps} steps, {name!r} has a loss of {own:.3g}, and one "
                f"constant answer to everything would have {constant:.3g} ({words}): its answers "
                "tell nothing. Is the target made of what the network is shown?"
            )
    if not looked:
        raise AigcError(
            f"no loss of {ENOUGH_STEPS} steps could be read off the gradients (a cross-entropy; or "
            "a mean squared error, if step() is given the losses)"
        )
    return " ".join(said) or None


def own_and_constant(seen: Record, player: Player) -> tuple[float, float, str] | None:
    """A network's last loss, and the one of a constant, if its gradient shows what is asked."""
    calls = [(y.double(), g.double()) for y, g in player.answers if y.shape == g.shape]
    if not calls or not all(torch.isfinite(g).all() for _, g in calls):
        return None
    axis = class_axis(calls[-1][1], 3)
    if axis is not None:
        rows = [[x.movedim(axis, -1).flatten(0, -2) for x in call] for call in calls]
        logits, pull = (torch.cat(part) for part in zip(*rows, strict=True))  # [R, V]
        logits, pull = logits[pull.abs().sum(1) > 0], pull[pull.abs().sum(1) > 0]
        target = pull.argmin(dim=1)
        own = torch.nn.functional.cross_entropy(logits, target).item()
        often = target.bincount().double() / len(target)
        entropy = -(often * often.clamp_min(1e-12).log()).sum().item()
        return own, entropy, f"log V is {math.log(logits.shape[1]):.3g}"
    if len({y.shape for y, _ in calls}) > 1:
        return None
    errors = [g * g.numel() / 2 for _, g in calls]  # of a mean of squares
    last = errors[-1].square().mean().item()
    logged = [float(values[-1]) for values in seen.losses.values()]
    if not any(abs(value - last) <= 0.01 * last for value in logged):
        return None
    target = torch.cat([y - e for (y, _), e in zip(calls, errors, strict=True)])  # [M, ...]
    own = torch.cat(errors).square().mean().item()
    constant = min(target.square().mean().item(), target.var(dim=0).mean().item())
    return own, constant, "the variance of the target"


WATCHED = (
    not_finite,
    never_moves,
    moves_out_of_turn,
    noise_repeats,
    statistics_never_update,
    gradient_does_not_reach,
    gradients_pile_up,
    same_batch,
    stopped_moving,
    modes_differ,
    loss_of_a_constant,
)
