"""Notebooks that stop because of sizes and shapes, near to where they were made or far away."""

from __future__ import annotations

from ....nn import conv_transpose_size
from ..common.case import Hypothesis
from .case import CrashCase, cell, ending
from .cells import run_cells

IMPORTS = cell("""
    import torch
    from torch import nn
""")

# ------------------------------------------------------------------ folded

FOLDED = (
    IMPORTS,
    cell("""
        generator = nn.Sequential(
            nn.Linear(100, 64 * 7 * 7),
            nn.ReLU(),
            nn.Flatten(),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
        )
    """),
    "noise = torch.randn(16, 100)",
    "pictures = generator(noise)",
)


def _noise_as_picture(case: CrashCase) -> str:
    other = case.again({"torch.randn(16, 100)": "torch.randn(16, 100, 1, 1)"})
    return f"With noise of shape [16, 100, 1, 1] {ending(other)}."


def _more_channels(case: CrashCase) -> str:
    other = case.again({"ConvTranspose2d(64,": "ConvTranspose2d(64 * 7 * 7,"})
    return f"With 3136 input channels in the first convolution {ending(other)}."


def _fold(case: CrashCase) -> str:
    layers = case.run().names["generator"][:3]
    reached = layers(case.run().names["noise"]).shape
    other = case.again({"nn.Flatten()": "nn.Unflatten(1, (64, 7, 7))"})
    return (
        f"The third layer hands on a shape of {len(reached)} axes, {list(reached)}; with a layer "
        f"that folds it into [16, 64, 7, 7] {ending(other)}."
    )


folded = CrashCase(
    name="folded",
    complaint="A generator that a tutorial prints stops at its first call, in a layer: Expected 3D "
    "or 4D input, but got input of size [16, 3136].",
    cells=FOLDED,
    mended_cells=(
        FOLDED[0],
        FOLDED[1].replace("nn.Flatten()", "nn.Unflatten(1, (64, 7, 7))"),
        *FOLDED[2:],
    ),
    hypotheses={
        "noise": Hypothesis(
            "The noise must have four axes, as pictures have.",
            _noise_as_picture,
            "A dense layer works on the last axis, and that must be 100. Four axes of noise belong "
            "to a generator whose first layer is a convolution.",
        ),
        "channels": Hypothesis(
            "The first convolution must be told 3136 channels, the number in the message.",
            _more_channels,
            "The number of axes is wrong, not their length.",
        ),
        "fold": Hypothesis(
            "Between the dense layer and the convolution the wrong layer stands.",
            _fold,
            "Flatten takes axes away, and here an axis of 3136 numbers has to become three.",
        ),
    },
    truth="fold",
    error="RuntimeError",
    made=2,
)

# ------------------------------------------------------------------ far_away

FAR = (
    IMPORTS,
    cell("""
        def up(inputs, outputs):
            return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)


        generator = nn.Sequential(
            nn.Linear(100, 16 * 7 * 7),
            nn.Unflatten(1, (16, 7, 7)),
            *(up(16, 16), nn.ReLU()),
            *(up(16, 8), nn.ReLU()),
            *(up(8, 1), nn.Tanh()),
        )
    """),
    cell("""
        critic = nn.Sequential(
            nn.Flatten(), nn.Linear(28 * 28, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
        )
    """),
    cell("""
        real = torch.rand(16, 1, 28, 28)
        on_real = critic(real)
    """),
    cell("""
        fakes = generator(torch.randn(16, 100))
        on_fakes = critic(fakes)
    """),
)


def sides(start: int, layers: int, kernel: int = 4, stride: int = 2, padding: int = 1) -> list[int]:
    """Sides of a picture on its way through equal transposed convolutions, `start` first.

    >>> sides(7, 3)
    [7, 14, 28, 56]
    """
    found = [start]
    for _ in range(layers):
        found.append(conv_transpose_size(found[-1], kernel, stride, padding))
    return found


def _wider_critic(case: CrashCase) -> str:
    other = case.again({"nn.Linear(28 * 28, 64)": "nn.Linear(3136, 64)"})
    return f"With a critic that takes 3136 numbers {ending(other)}."


def _other_noise(case: CrashCase) -> str:
    names = case.run().names
    alone = case.again({"on_fakes = critic(fakes)": "pass"})
    return (
        f"The generator alone, from the same noise: {ending(alone)}. Its first layer takes "
        f"{names['generator'][0].in_features} numbers, as many as the noise has."
    )


def _sizes(case: CrashCase) -> str:
    shape = list(case.run().names["fakes"].shape)
    way = " -> ".join(map(str, sides(7, 3)))
    return f"The generator gives {shape}. Computed layer by layer, the side goes {way}."


far_away = CrashCase(
    name="far_away",
    complaint="The critic judges the real pictures without trouble. Then it stops: mat1 and mat2 "
    "shapes cannot be multiplied (16x3136 and 784x64).",
    cells=FAR,
    mended_cells=(FAR[0], FAR[1].replace("    *(up(16, 16), nn.ReLU()),\n", ""), *FAR[2:]),
    hypotheses={
        "critic": Hypothesis(
            "The critic's first layer is too small: 3136 numbers arrive, and it takes 784.",
            _wider_critic,
            "Now it stops one cell earlier, at the real pictures. The layer in the traceback is "
            "where the mistake was noticed, not where it was made.",
        ),
        "noise": Hypothesis(
            "The noise does not fit the generator.",
            _other_noise,
            "The generator takes the noise and gives pictures. It is their size that is wrong.",
        ),
        "sizes": Hypothesis(
            "The pictures that are judged are too large.",
            _sizes,
            "One doubling too many. 3136 = 56 * 56, and 784 = 28 * 28: factorise the numbers of "
            "such a message before you change anything.",
        ),
    },
    truth="sizes",
    error="RuntimeError",
    made=2,
)

# ------------------------------------------------------------------ one_verdict

VERDICT = (
    IMPORTS + "\nimport torch.nn.functional as F",
    cell("""
        real = 0.5 + 0.5 * torch.rand(40, 1, 28, 28)
        fakes = 0.9 * torch.rand(40, 1, 28, 28)
        pictures = torch.cat([real, fakes])
        critic = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 1))
    """),
    "labels = torch.cat([torch.ones_like(real), torch.zeros_like(fakes)])",
    cell("""
        optimizer = torch.optim.Adam(critic.parameters(), lr=0.01)
        for _ in range(150):
            loss = F.binary_cross_entropy_with_logits(critic(pictures), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    """),
    cell("""
        answers = critic(pictures)[:, 0]
        middle = answers.mean()
        right = ((answers[:40] > middle).sum() + (answers[40:] <= middle).sum()).item() / 80
        apart = (answers[:40].mean() - answers[40:].mean()).item()
    """),
)
BY_HAND = "loss = F.binary_cross_entropy_with_logits(critic(pictures), labels)"
SQUARED = "loss = ((critic(pictures) - labels) ** 2).mean()"
ONES = "labels = torch.cat([torch.ones(40, 1), torch.zeros(40, 1)])"
FLAT_ONES = "labels = torch.cat([torch.ones(40), torch.zeros(40)])"


def _every_pixel(case: CrashCase) -> str:
    many = "nn.Linear(28 * 28, 784), nn.Unflatten(1, (1, 28, 28)))"
    other = case.again({"nn.Linear(28 * 28, 1))": many})
    count = sum(w.numel() for w in other.names["critic"].parameters())
    return f"With one answer for each pixel {ending(other)}; it then has {count:,} weights for 785."


def _another_loss(case: CrashCase) -> str:
    loud = case.again({BY_HAND: SQUARED})
    silent = case.again({BY_HAND: SQUARED, case.cells[2]: FLAT_ONES})
    good = case.again({BY_HAND: SQUARED, case.cells[2]: ONES})
    return (
        f"With a squared error written by hand {ending(loud)}. With labels of shape [80] it "
        f"reaches its end, and real and fake answers lie {abs(silent.names['apart']):.3f} apart; "
        f"with labels of shape [80, 1] {good.names['apart']:.2f}."
    )


def _label_shapes(case: CrashCase) -> str:
    names = run_cells(case.cells[:3]).names
    mended = case.run("mended")
    return (
        f"{list(names['critic'](names['pictures']).shape)} answers, {list(names['labels'].shape)} "
        f"labels. With one label a picture {ending(mended)}, and {mended.names['right']:.0%} of "
        "the verdicts are right."
    )


one_verdict = CrashCase(
    name="one_verdict",
    complaint="The critic's training stops in its first step: Target size must be the same as "
    "input size.",
    cells=VERDICT,
    mended_cells=(*VERDICT[:2], ONES, *VERDICT[3:]),
    hypotheses={
        "pixels": Hypothesis(
            "The critic must give one answer for every pixel.",
            _every_pixel,
            "It can be done, at the price of 784 times the weights, but nobody asked which pixel "
            "is fake. The question was asked about a picture.",
        ),
        "loss": Hypothesis(
            "The loss is too strict; another one takes these labels.",
            _another_loss,
            "A loss that refuses is your friend. One that stretches shapes until they fit takes "
            "labels [80] against answers [80, 1], compares every answer with every label, and "
            "learns nothing.",
        ),
        "labels": Hypothesis(
            "There are too many labels.",
            _label_shapes,
            "The labels were made in the likeness of the pictures. They belong to the answers: "
            "make them from those, with ones_like(answers).",
        ),
    },
    truth="labels",
    error="ValueError",
    made=3,
)

CASES = {c.name: c for c in (folded, far_away, one_verdict)}
