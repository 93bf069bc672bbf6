"""Notebooks whose layers stand where the optimiser does not look, or where no gradient goes."""

from __future__ import annotations

from ..common.case import Hypothesis
from .case import CrashCase, cell, ending

IMPORTS = cell("""
    import torch
    from torch import nn
""")
TRAIN = cell("""
    optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
    before = [layer.weight.clone() for layer in net.layers if hasattr(layer, "weight")]
    for _ in range(300):
        loss = ((net(x) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    loss = loss.item()
""")
DATA = cell("""
    x = torch.linspace(-3, 3, 256)[:, None]
    y = torch.sin(2 * x)
""")

# ------------------------------------------------------------------ nothing_to_learn

NOTHING = (
    IMPORTS,
    DATA,
    cell("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = [nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1)]

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                return x
    """),
    "net = Net()",
    TRAIN,
)


def _as_a_list(case: CrashCase) -> str:
    other = case.again({"Adam(net.parameters(),": "Adam(list(net.parameters()),"})
    return f"With list(net.parameters()) {ending(other)}."


def _after_a_call(case: CrashCase) -> str:
    other = case.again({"net = Net()": "net = Net()\nnet(x)"})
    return f"With one forward call before it {ending(other)}."


def _found_weights(case: CrashCase) -> str:
    net, whole = case.run().names["net"], case.run("mended").names["net"]
    inside = sum(w.numel() for layer in net.layers for w in layer.parameters())
    return (
        f"The layers hold {inside} numbers; net.parameters() finds "
        f"{sum(w.numel() for w in net.parameters())} of them. In an nn.ModuleList it finds "
        f"{sum(w.numel() for w in whole.parameters())}."
    )


nothing_to_learn = CrashCase(
    name="nothing_to_learn",
    complaint="The network answers when you call it. The optimiser refuses it: optimizer got an "
    "empty parameter list.",
    cells=NOTHING,
    mended_cells=(
        *NOTHING[:2],
        NOTHING[2]
        .replace("[nn.Linear", "nn.ModuleList([nn.Linear")
        .replace("(32, 1)]", "(32, 1)])"),
        *NOTHING[3:],
    ),
    hypotheses={
        "list": Hypothesis(
            "Adam wants a list, and parameters() gives something else.",
            _as_a_list,
            "Adam takes both. The list is empty too.",
        ),
        "lazy": Hypothesis(
            "The weights do not exist before the first call.",
            _after_a_call,
            "nn.Linear makes its weights at once. (Lazy layers exist, under names of their own.)",
        ),
        "registered": Hypothesis(
            "The weights exist, and the network does not know that they are its own.",
            _found_weights,
            "nn.Module notes the layers that are its attributes. It does not look into a plain "
            "list; nn.ModuleList and nn.Sequential are lists into which it looks.",
        ),
    },
    truth="registered",
    error="ValueError",
    made=3,
)

# ------------------------------------------------------------------ half

HALF = (
    *NOTHING[:2],
    cell("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = [nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh()]
                self.last = nn.Linear(8, 1)

            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                return self.last(x)
    """),
    *NOTHING[3:],
)


def _faster(case: CrashCase) -> str:
    plain, other = case.run(), case.again({"lr=0.005": "lr=0.02"})
    return (
        f"Loss {plain.names['loss']:.3f} as it is, {other.names['loss']:.3f} with four times the "
        f"learning rate."
    )


def _gradient_there(case: CrashCase) -> str:
    layers = case.run().names["net"].layers
    sizes = [layer.weight.grad.norm().item() for layer in (layers[0], layers[2])]
    return f"The gradients in the two hidden layers have lengths {sizes[0]:.2f} and {sizes[1]:.2f}."


def moved(outcome) -> list[float]:
    """The largest change of a weight in each hidden layer, after a run of these cells."""
    hidden = [layer for layer in outcome.names["net"].layers if hasattr(layer, "weight")]
    pairs = zip(hidden, outcome.names["before"], strict=True)
    return [(layer.weight - before).abs().max().item() for layer, before in pairs]


def _what_moved(case: CrashCase) -> str:
    sick, whole = case.run(), case.run("mended")
    stored = len(sick.names["net"].state_dict()), len(whole.names["net"].state_dict())
    return (
        f"In 300 steps the weights of the hidden layers moved by {max(moved(sick)):.1f}; in an "
        f"nn.ModuleList by up to {max(moved(whole)):.2f}, and the loss is "
        f"{whole.names['loss']:.3f}, not {sick.names['loss']:.3f}. state_dict() holds {stored[0]} "
        f"tensors, not {stored[1]}."
    )


half = CrashCase(
    name="half",
    complaint="A network of three layers learns, without any error. But its loss stops falling far "
    "above what such a network can do, with every learning rate you try.",
    cells=HALF,
    mended_cells=(
        *HALF[:2],
        HALF[2]
        .replace("[nn.Linear", "nn.ModuleList([nn.Linear")
        .replace("8), nn.Tanh()]", "8), nn.Tanh()])"),
        *HALF[3:],
    ),
    hypotheses={
        "rate": Hypothesis(
            "The learning rate is too small.",
            _faster,
            "It hardly helps. What stands still stands still at every rate.",
        ),
        "vanished": Hypothesis(
            "No gradient reaches the hidden layers.",
            _gradient_there,
            "The gradient arrives. backward() goes through everything that was called, whether "
            "an optimiser knows of it or not; and since zero_grad does not know of it either, "
            "the gradients of all steps pile up there.",
        ),
        "registered": Hypothesis(
            "Part of the network is never changed.",
            _what_moved,
            "The hidden layers stand in a plain list. One layer beside it is registered, so the "
            "optimiser's list is not empty, and nobody complains. A checkpoint would not hold "
            "them either.",
        ),
    },
    truth="registered",
    error="",
    made=3,
)

CASES = {c.name: c for c in (nothing_to_learn, half)}
