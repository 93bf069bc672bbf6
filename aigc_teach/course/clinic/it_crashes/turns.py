"""Notebooks that stop in the turns of a GAN, or after the last of them."""

from __future__ import annotations

from ..common.case import Hypothesis
from .case import CrashCase, cell, ending
from .cells import Outcome

NETS = cell("""
    import torch
    import torch.nn.functional as F
    from torch import nn
    generator = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 2))
    critic = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    first = critic[0].weight.clone()
""")
OPTIMIZERS = cell("""
    critic_optimizer = torch.optim.Adam(critic.parameters(), lr=0.002)
    generator_optimizer = torch.optim.Adam(generator.parameters(), lr=0.002)
    done = 0
""")
CRITIC_TURN = cell("""
    def critic_turn(real, fakes):
        on_real, on_fakes = critic(real), critic(fakes)
        loss = F.softplus(-on_real).mean() + F.softplus(on_fakes).mean()
        critic_optimizer.zero_grad()
        loss.backward()
        critic_optimizer.step()
""")
GENERATOR_TURN = cell("""
    def generator_turn(fakes):
        loss = F.softplus(-critic(fakes)).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
""")
PLAY = cell("""
    for _ in range(100):
        real = torch.randn(64, 2) + 3
        fakes = generator(torch.randn(64, 8))
        critic_turn(real, fakes)
        generator_turn(fakes)
        done += 1
    centre = generator(torch.randn(500, 8)).mean().item()
""")


def critic_moved(outcome: Outcome) -> float:
    """The largest change of a weight in the critic's first layer."""
    names = outcome.names
    return (names["critic"][0].weight - names["first"]).abs().max().item()


# ------------------------------------------------------------------ second_time

SECOND = (NETS, OPTIMIZERS, CRITIC_TURN, GENERATOR_TURN, PLAY)
DETACHED = {"critic_turn(real, fakes)\n": "critic_turn(real, fakes.detach())\n"}


def _retain(case: CrashCase) -> str:
    old = "    loss.backward()\n    critic_optimizer"
    kept = case.again({old: old.replace("()", "(retain_graph=True)", 1)})
    left = "    critic_turn(real, fakes)\n"
    probe = left + "    left = generator[0].weight.grad.norm().item()\n"
    waste = case.again({old: old.replace("()", "(retain_graph=True)", 1), left: probe})
    return (
        f"With retain_graph=True {ending(kept)}. After each critic's turn the generator then holds "
        f"a gradient that nobody uses, of length {waste.names['left']:.3f} at the last."
    )


def _zero_both(case: CrashCase) -> str:
    old = "critic_optimizer.zero_grad()"
    other = case.again({old: f"{old}\n    generator_optimizer.zero_grad()"})
    return f"With both optimisers' gradients set to zero before {ending(other)}."


def _detach(case: CrashCase) -> str:
    other = case.again(DETACHED)
    return (
        f"With fakes.detach() in the critic's turn {ending(other)}, after "
        f"{other.names['done']} steps; as it is, after {case.run().names['done']}."
    )


second_time = CrashCase(
    name="second_time",
    complaint="The critic's turn is over. In the generator's turn: Trying to backward through the "
    "graph a second time. The message itself offers a cure: retain_graph=True.",
    cells=SECOND,
    mended_cells=(
        *SECOND[:4],
        PLAY.replace("critic_turn(real, fakes)", "critic_turn(real, fakes.detach())"),
    ),
    hypotheses={
        "retain": Hypothesis(
            "backward() must be told to keep its graph, as the message says.",
            _retain,
            "It silences the message and keeps the cause: the critic's loss is still carried back "
            "through the whole generator, for a gradient that is then thrown away.",
        ),
        "zero": Hypothesis(
            "Gradients of the critic's turn were left over.",
            _zero_both,
            "Left-over gradients are added up; they never stop a run.",
        ),
        "detach": Hypothesis(
            "The critic's turn went back further than into the critic.",
            _detach,
            "backward() gives back what it has used up. The critic needs the pictures, not the way "
            "they were made: detach() hands over the one without the other.",
        ),
    },
    truth="detach",
    error="RuntimeError",
    made=5,
)

# ------------------------------------------------------------------ next_round

FREEZE = GENERATOR_TURN.replace(
    "    loss = ",
    "    for weight in critic.parameters():\n        weight.requires_grad_(False)\n    loss = ",
)
THAW = FREEZE + "\n    for weight in critic.parameters():\n        weight.requires_grad_(True)"
NEXT = (
    NETS,
    OPTIMIZERS,
    CRITIC_TURN,
    FREEZE,
    SECOND[4].replace("real, fakes", "real, fakes.detach()"),
)


def _with_fakes(case: CrashCase) -> str:
    other = case.again({"fakes.detach()": "generator(torch.randn(64, 8))"})
    one = case.again({"fakes.detach()": "generator(torch.randn(64, 8))", "range(100)": "range(1)"})
    return (
        f"Without detach() {ending(other)}. The critic's weights moved by "
        f"{critic_moved(one):.4f} in the first step, and after 100 steps they have moved by "
        f"{critic_moved(other):.4f}."
    )


def _with_data(case: CrashCase) -> str:
    other = case.again({"torch.randn(64, 2) + 3": "(torch.randn(64, 2) + 3).requires_grad_()"})
    return (
        f"With real.requires_grad_() {ending(other)}; after {other.names['done']} steps the "
        f"critic has moved by {critic_moved(other):.4f}."
    )


def _who_may_move(case: CrashCase) -> str:
    names = case.run().names
    weights = list(names["critic"].parameters())
    free, mended = sum(w.requires_grad for w in weights), case.run("mended")
    return (
        f"It stops in step {names['done'] + 1}. There, {free} of the critic's {len(weights)} "
        f"tensors of weights have requires_grad. Switched on again after each generator's turn, "
        f"{ending(mended)}, and the critic moves by {critic_moved(mended):.4f}."
    )


next_round = CrashCase(
    name="next_round",
    complaint="The first step goes well, both turns. In the second step the critic's backward() "
    "stops: element 0 of tensors does not require grad and does not have a grad_fn.",
    cells=NEXT,
    mended_cells=(*NEXT[:3], THAW, NEXT[4]),
    hypotheses={
        "detach": Hypothesis(
            "detach() cuts off what the critic should learn from.",
            _with_fakes,
            "The error is gone and the mistake is not: the critic stands still from the second "
            "step on. The gradient now runs past it into the generator.",
        ),
        "data": Hypothesis(
            "The real data must require a gradient.",
            _with_data,
            "Again silence in place of the error. Then there is a gradient, for the data; the "
            "critic still does not learn.",
        ),
        "frozen": Hypothesis(
            "The critic may no longer be changed.",
            _who_may_move,
            "It was frozen for the generator's turn, and nobody thawed it. What is switched off "
            "for a while has to be switched on in the same function.",
        ),
    },
    truth="frozen",
    error="RuntimeError",
    made=4,
)

# ------------------------------------------------------------------ too_late

LATE = (
    cell("""
        import torch
        from matplotlib.figure import Figure
        from torch import nn
    """),
    cell("""
        def train(steps):
            generator = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 196))
            optimizer = torch.optim.Adam(generator.parameters())
            for _ in range(steps):
                loss = ((generator(torch.randn(32, 8)) - 0.5) ** 2).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            return generator
    """),
    cell("""
        def places(pictures):
            grid = Figure().add_gridspec(10, 10)
            return [grid[k] for k in range(len(pictures))]
    """),
    cell("""
        def experiment(steps, n):
            generator = train(steps)
            pictures = generator(torch.randn(n, 8))
            return generator, places(pictures)
    """),
    "generator, shown = experiment(steps=300, n=128)",
)


def _generator_alone(case: CrashCase) -> str:
    other = case.again({", places(pictures)": ", pictures"})
    return f"Without the figure {ending(other)}: {len(other.names['shown'])} pictures are there."


def _one_more(case: CrashCase) -> str:
    fits, over = case.again({"n=128": "n=100"}), case.again({"n=128": "n=101"})
    return f"With n=100 {ending(fits)}; with n=101 {ending(over)}."


def _grid_is_full(case: CrashCase) -> str:
    other = case.run("mended")
    return (
        f"10 rows of 10 are 100 places, and 128 are asked for. With as many rows as the pictures "
        f"need {ending(other)}: {len(other.names['shown'])} places."
    )


too_late = CrashCase(
    name="too_late",
    complaint="All 300 steps of training are over. Then: IndexError. And the name `generator` "
    "is not defined: the trained network is gone.",
    cells=LATE,
    mended_cells=(
        *LATE[:2],
        LATE[2].replace("gridspec(10, 10)", "gridspec(-(-len(pictures) // 10), 10)"),
        *LATE[3:],
    ),
    hypotheses={
        "memory": Hypothesis(
            "128 pictures at once are too much for the generator.",
            _generator_alone,
            "The generator makes them without trouble. It is what comes after that stops.",
        ),
        "from_one": Hypothesis(
            "It counts from 0 where it should count from 1.",
            _one_more,
            "Then 100 would fail as well. Every number up to 100 is fine, the next is not.",
        ),
        "full": Hypothesis(
            "There are more pictures than places.",
            _grid_is_full,
            "The figure is asked for 28 places that it does not have. The harm is not the figure: "
            "it is that the only copy of the weights was a variable of a function that never "
            "returned.",
        ),
    },
    truth="full",
    error="IndexError",
    made=3,
)

CASES = {c.name: c for c in (second_time, next_round, too_late)}
