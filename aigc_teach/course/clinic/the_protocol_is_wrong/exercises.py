"""Exercises of the lesson on trainings whose order of work is wrong."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor, nn

from .... import data
from ....core import make_generator
from ....lab.checkers import Wrong, call, function, require, same_on
from ....lab.register import exercise, question
from ....lab.words import say
from ....metrics import nearest_distance
from .. import FinishedTraining, GanPlan, train_plan
from ..common.gan_plan import LATENT_SIZE, TrainingState, fresh_noise
from .recorder import TrainingRecord, batch_dependence, watch

STEPS = 120  # of the short training that a check makes
PLAYERS = ("critic", "generator")


@cache
def _pixels() -> Tensor:
    return (data.digits("train").x[:2000] + 1) / 2


def _train(plan: GanPlan, steps: int = STEPS) -> FinishedTraining:
    return train_plan(plan, _pixels(), steps=steps, seed=0)


def _digit_distance(training: FinishedTraining) -> float:
    return nearest_distance(training.pictures(100), 2 * _pixels() - 1).mean().item()


def _must_learn(training: FinishedTraining, at_most: float = 14.0) -> None:
    """The short training's samples are near real digits: say how near, or raise."""
    late = {k: training.history[f"critic.{k}"][-40:].mean().item() for k in ("real", "fake")}
    far = _digit_distance(training)
    words = (
        f"in {training.steps} steps the samples come to {far:.1f} from the nearest digit, and the "
        f'critic says "real" with {late["real"]:.2f} to digits and {late["fake"]:.2f} to samples'
    )
    require(far <= at_most, f"It runs, and does not learn: {words}. The cure gets below {at_most}.")
    say(f"It learns: {words}.")


def _check_record(record: TrainingRecord) -> None:
    """The mistakes of a turn, from what was seen in the first turns."""
    for player in PLAYERS:
        n_steps = record.steps_per_turn[player]
        require(n_steps > 0, f"The {player} never moves: its optimizer makes no step.")
        require(
            n_steps == 1,
            f"The {player}'s optimizer makes {n_steps:g} steps a turn. One of them uses the other "
            "player's loss, and pulls the wrong way.",
        )
        require(
            record.gradient_share[player] == 1,
            f"No gradient reaches the {player}: something cuts the way back from its loss "
            "(detach?), or its loss has no backward().",
        )
        ratio = record.gradient_ratio.get(player)
        require(
            ratio is not None,
            f"The {player}'s optimizer finds no gradient: step too early?",
        )
        require(
            ratio > 0.5,
            f"When the {player}'s optimizer makes its step, its gradient is zero: you zero it "
            "between backward() and step().",
        )
        require(
            ratio < 1.001,
            f"The gradient that the {player}'s optimizer uses is {ratio:.1f} times as long as the "
            "one meant for this step: older ones, or the other player's, are still in it.",
        )
    require(
        record.critic_drift == 0,
        "The critic moves between its answer and the generator's use of it. Let the critic move "
        "first, and ask it after that.",
    )


@exercise(
    "clinic/the_protocol_is_wrong/one_for_all",
    not_yet="Write the body of `make_state(plan, random)` and return a TrainingState.",
    right="Each optimizer holds the weights of its own player, all of them, and nothing else.",
    hints=[
        "What does `gan.parameters()` hold? A PlannedGan is a module with two networks inside.",
        "The second optimizer is the generator's: it needs `gan.generator.parameters()`.",
        "Make the PlannedGan first and take both lists of weights from it; change no network then.",
    ],
)
def one_for_all(answer) -> None:
    """``make_state(plan, random) -> TrainingState`` with the right weights in each optimizer."""
    state = call(function(answer), GanPlan(), make_generator(0))
    if not isinstance(state, TrainingState):
        raise Wrong("Return TrainingState(gan, critic's optimizer, generator's optimizer, random).")
    for player, other in (PLAYERS, PLAYERS[::-1]):
        _check_weights(state, player, other)
    frozen = [w for w in state.gan.parameters() if not w.requires_grad]
    require(
        not frozen,
        "Some weights are frozen (requires_grad=False). That is for good: the critic's own turn "
        "would have nothing to learn with. Leave them free, and give each optimizer its own list.",
    )
    for adam in (state.critic_optimizer, state.generator_optimizer):
        group = adam.param_groups[0]
        require(
            group["lr"] == GanPlan().lr and tuple(group.get("betas", ())) == (0.0, 0.99),
            "Keep Adam, the plan's lr and betas=(0.0, 0.99): mend one thing at a time.",
        )
    require(isinstance(state.random, torch.Generator), "Hand `random` on to the TrainingState.")
    _must_learn(_train(replace(GanPlan(), make_state=answer)))


def _check_weights(state: TrainingState, player: str, other: str) -> None:
    groups = getattr(state, f"{player}_optimizer").param_groups
    held = {id(w) for group in groups for w in group["params"]}
    own = {id(w) for w in getattr(state.gan, player).parameters()}
    others = {id(w) for w in getattr(state.gan, other).parameters()}
    if own & held and others & held:
        raise Wrong(f"The {player}'s optimizer holds weights of the {other} as well.")
    require(
        not others & held,
        f"The {player}'s optimizer holds the {other}'s weights. Are the two exchanged?",
    )
    require(
        own & held,
        f"The {player}'s optimizer holds no weight of the {player} that plays: they belong to a "
        "network that was made and thrown away.",
    )
    require(
        own <= held,
        f"The {player}'s optimizer holds only some of the {player}'s weights.",
    )
    require(held <= own, f"The {player}'s optimizer holds weights that are not in the game.")


@exercise(
    "clinic/the_protocol_is_wrong/by_hand",
    not_yet="Write the body of `turn(state, real)` and return the two losses.",
    right="Every step uses the gradient of its own loss, of this turn, and of nothing else.",
    hints=[
        "backward() adds to what is in .grad already. Count what has been added by then.",
        "The generator's backward() leaves gradients in the critic too.",
        "optimizer.zero_grad() directly before each of the two backward() calls is enough.",
    ],
)
def by_hand(answer) -> None:
    """``turn(state, real) -> (critic's loss, generator's loss)``, without ``gradient_step``."""
    _check_losses(function(answer))
    _check_sizes(function(answer))
    plan = replace(GanPlan(), step=_checked_step(function(answer)))
    record = watch(FinishedTraining(plan, None, None, None, _pixels(), STEPS, 0), steps=8)
    _check_record(record)
    for kind, share in record.train_mode_share.items():
        require(share == 1, f"{kind} works in evaluation mode in some of your turns.")
    require(len(torch.unique(record.latents, dim=0)) == len(record.latents), SAME_LATENTS)
    _must_learn(_train(plan))


SAME_LATENTS = "Two turns use the same latents: draw them with plan.noise(len(real), state.random)."


def _checked_step(turn):
    """The learner's turn, with what it returns looked at."""

    def step(state: TrainingState, real: Tensor) -> tuple[Tensor, Tensor]:
        losses = call(turn, state, real)
        if not (isinstance(losses, tuple | list) and len(losses) == 2):
            raise Wrong("Return both losses: the critic's, then the generator's.")
        if not all(isinstance(loss, Tensor) and loss.numel() == 1 for loss in losses):
            raise Wrong("Each loss must be a tensor with one number.")
        return tuple(losses)

    return step


def _check_losses(turn) -> None:
    """What a turn returns is the critic's loss of this turn, then the generator's."""
    computed: dict[str, list[float]] = {player: [] for player in PLAYERS}

    def noted(player: str, loss):
        def compute(*answers: Tensor) -> Tensor:
            value = loss(*answers)
            computed[player].append(value.item())
            return value

        return compute

    plain = GanPlan()
    losses = {
        f"{player}_loss": noted(player, getattr(plain, f"{player}_loss")) for player in PLAYERS
    }
    plan = replace(plain, **losses)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = plan.make_state(plan, make_generator(0))
        told = [x.item() for x in _checked_step(turn)(state, 2 * _pixels()[: plan.batch_size] - 1)]
    # a critic that knows nothing pays 2 ln 2 for two answers, a generator ln 2 for one
    require(told[1] < 1.1, EXCHANGED)
    for value, player, other in zip(told, PLAYERS, PLAYERS[::-1], strict=True):
        if not computed[player]:
            continue  # computed without the plan's loss
        require(
            any(abs(value - one) < 1e-5 for one in computed[player]),
            EXCHANGED
            if any(abs(value - one) < 1e-5 for one in computed[other])
            else f"You return {value:.4f} for the {player}'s loss, and in this turn it was "
            f"{computed[player][-1]:.4f}.",
        )


def _check_sizes(turn) -> None:
    """As many pictures are made as there are real ones, also in a smaller batch."""
    state, sizes = GanPlan().make_state(GanPlan(), make_generator(0)), []
    state.gan.generator.register_forward_pre_hook(lambda net, inputs: sizes.append(len(inputs[0])))
    for n in (64, 10):
        sizes.clear()
        _checked_step(turn)(state, 2 * _pixels()[:n] - 1)
        require(
            all(size == n for size in sizes),
            f"In a turn with {n} real pictures you make {max(sizes, default=0)}: draw as many "
            "latents as there are real pictures, len(real).",
        )


EXCHANGED = (
    "You return the losses in the wrong places: the critic's comes first, then the generator's."
)


def _rest(p: Tensor, q: Tensor, w: float) -> Tensor:
    return (p + w * q) / (p + (1 + w) * q)


DENSITIES = [
    (torch.tensor([0.2, 1.0, 0.5]), torch.tensor([0.6, 1.0, 0.1]), 1.0),
    (torch.tensor([0.3, 0.7]), torch.tensor([0.9, 0.2]), 0.25),
    (torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.5]), 3.0),
]


@exercise(
    "clinic/the_protocol_is_wrong/rest",
    not_yet="Write the body of `rest(p, q, w)` and return one probability for each place.",
    right="For w = 0 it is p / (p + q), and for a large w it nears 1: the critic is bribed.",
    hints=[
        "At one place the critic pays -(p + w q) ln s - q ln(1 - s).",
        "a ln s + b ln(1 - s) is largest at s = a / (a + b).",
        "Here a = p + w q, and b = q.",
    ],
)
def rest(answer) -> None:
    """Where the critic rests if the generator's loss weighs w in it: p, q [K], w -> [K]."""
    same_on(answer, _rest, cases=DENSITIES, mistakes=REST_MISTAKES)


REST_MISTAKES = {
    "That is the critic without the generator's loss: p / (p + q).": lambda p, q, w: p / (p + q),
    "That is the page's case, w = 1; here the weight is w.": lambda p, q, w: _rest(p, q, 1.0),
    "w weighs the generated data, not the real ones.": (
        lambda p, q, w: (1 + w) * p / ((1 + w) * p + q)
    ),
    'That is the probability of "generated"; the critic\'s s is that of "real".': (
        lambda p, q, w: q / (p + (1 + w) * q)
    ),
    "The q of the critic's own loss is missing below: p + w q + q.": (
        lambda p, q, w: (p + w * q) / (p + w * q + w * q)
    ),
    'The part w q belongs above the line too: the generator\'s loss asks for "real".': (
        lambda p, q, w: p / (p + (1 + w) * q)
    ),
}


@exercise(
    "clinic/the_protocol_is_wrong/company",
    not_yet="Write the body of `make()` and return a new generator.",
    right="In use it normalises by fixed numbers, counted in training: one latent, one picture.",
    hints=[
        "Which argument of nn.BatchNorm1d says whether running statistics are kept?",
        "track_running_stats is True unless you say otherwise.",
        "nn.BatchNorm1d(outputs) after each of the two hidden linear layers, before the ReLU.",
    ],
)
def company(answer) -> None:
    """``make() -> nn.Module``: latents [N, 32] to pictures [N, 1, 28, 28]."""
    net = call(function(answer))
    require(isinstance(net, nn.Module), "Return the network itself, an nn.Module.")
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    require(norms, "There is no batch normalisation left. Mend it; do not remove it.")
    require(
        all(m.track_running_stats for m in norms),
        "A batch normalisation still keeps no running statistics, so in use it takes its batch's.",
    )
    require(
        all(m.momentum is None or m.momentum > 0 for m in norms),
        "With momentum 0 the running statistics are kept, and never change.",
    )
    net.train()
    made = call(net, fresh_noise(8, make_generator(0)))
    require(tuple(made.shape) == (8, 1, 28, 28), "8 latents must give pictures [8, 1, 28, 28].")
    _same_layers(net)
    training = _train(replace(GanPlan(), generator=answer))
    _must_stand_alone(training)
    _must_learn(training)


def _same_layers(net: nn.Module) -> None:
    """The hidden layers end in a ReLU, and whatever the weights are, pictures lie in [-1, 1]."""
    linear = [m for m in net.modules() if isinstance(m, nn.Linear)]
    arriving: list[Tensor] = []
    for layer in linear[1:]:
        layer.register_forward_pre_hook(lambda module, inputs: arriving.append(inputs[0]))
    net(fresh_noise(64, make_generator(0)))
    require(
        all((x >= 0).all() and (x == 0).any() for x in arriving),
        "Between two linear layers stands something else than a ReLU: the same layers are asked "
        "for, with another setting.",
    )
    large = copy.deepcopy(net)
    with torch.no_grad():
        for weight in large.parameters():
            weight.mul_(50)
        made = large(fresh_noise(8, make_generator(0)))
    require(
        bool(made.abs().max() <= 1),
        f"With large weights its pictures reach {made.abs().max():.3g}; the tanh at the end keeps "
        "them in [-1, 1].",
    )


def _must_stand_alone(training: FinishedTraining) -> None:
    gap = batch_dependence(training.model)
    require(
        gap < 1e-5,
        "One latent in two batches still gives two pictures that differ. Does a "
        "layer stay in training mode, or is there dropout or other noise in use?",
    )
    alone = training.model.generator(torch.zeros(1, LATENT_SIZE))
    require(bool(torch.isfinite(alone).all()), "A single latent gives numbers that are not finite.")


question(
    "clinic/the_protocol_is_wrong/q1",
    "The generator's loss is lower than ever, and the pictures are no better. What do you suspect?",
    options={
        "a": (
            "That the critic is moved in the generator's turn.",
            "Then the loss falls by making the critic worse.",
        ),
        "b": (
            "Nothing yet: the pictures follow the loss after some time.",
            "The loss is the critic's opinion, and it can be bent.",
        ),
        "c": (
            "Too few latents: the critic learns them all by heart.",
            "That leaves the losses near their fair values.",
        ),
    },
    answer="a",
)

question(
    "clinic/the_protocol_is_wrong/q2",
    "The critic's loss is 0.000 from turn 50 on. A smaller critic changes nothing. What now?",
    options={
        "a": (
            "Take a smaller one still, of eight units or fewer.",
            "Eight units won as well, against pictures that stood still.",
        ),
        "b": ("Ask whether a gradient reaches the generator.", "The victory may be a consequence."),
        "c": ("Train longer.", "What gets no gradient does not move, however long you wait."),
    },
    answer="b",
)

question(
    "clinic/the_protocol_is_wrong/q3",
    "You run the cell with the critic again, not the one with its optimizer. What fails?",
    options={
        "a": (
            "backward() raises an error: its graph is that of the old critic.",
            "The new critic has weights that want gradients.",
        ),
        "b": (
            "The optimizer raises an error: its weights are gone.",
            "They are not: it holds the old weights, and moves them or finds no gradient.",
        ),
        "c": ("Nothing is raised; the new critic never moves.", "The optimizer holds old weights."),
    },
    answer="c",
)

question(
    "clinic/the_protocol_is_wrong/q4",
    "You freeze the critic by requires_grad=False and forget to free it. When do you hear of it?",
    options={
        "a": ("At the next backward() of the critic's loss.", "Nothing in it requires a gradient."),
        "b": ("Never.", "In torch a loss without any free weight raises; elsewhere it may not."),
        "c": ("When the optimizer is made.", "An optimizer takes frozen weights without a word."),
    },
    answer="a",
)

question(
    "clinic/the_protocol_is_wrong/q5",
    "A sample changes when you draw it with other samples. Its weights do not. What is the reason?",
    options={
        "a": ("The seed.", "The latent was the same."),
        "b": ("Dropout in evaluation mode.", "In evaluation mode it hands its input on."),
        "c": (
            "Batch normalisation by the batch at hand.",
            "Its neighbours are in that mean and that spread.",
        ),
    },
    answer="c",
)
