"""Exercises of the lesson on notebooks that crash: sizes, and a door for shapes."""

from __future__ import annotations

import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....lab.checkers import Wrong, call, close, function, require, same_gradients, same_on
from ....lab.register import exercise, question
from ....lab.words import error_text

# ------------------------------------------------------------------ the start


def _start(target: int, layers: int, kernel: int, stride: int, padding: int) -> int:
    side = target
    for _ in range(layers):
        rest = side + 2 * padding - kernel
        if rest < 0 or rest % stride:
            return 0
        side = rest // stride + 1
    return side


def _rounded(target: int, layers: int, kernel: int, stride: int, padding: int) -> int:
    side = target
    for _ in range(layers):
        side = (side + 2 * padding - kernel) // stride + 1
    return max(side, 0)


def _as_convolution(target: int, layers: int, kernel: int, stride: int, padding: int) -> int:
    side = target
    for _ in range(layers):
        side = (side - 1) * stride - 2 * padding + kernel
    return side


def _divided(target: int, layers: int, kernel: int, stride: int, padding: int) -> int:
    side, rest = divmod(target, stride**layers)
    return 0 if rest else side


STARTS = [
    (28, 2, 4, 2, 1),
    (32, 3, 4, 2, 1),
    (31, 3, 3, 2, 0),
    (29, 2, 3, 2, 0),  # 14 on the way, and then a half
    (30, 2, 5, 3, 1),
    (10, 1, 5, 3, 1),
    (34, 2, 4, 2, 0),
    (2, 1, 4, 2, 0),  # smaller than the kernel
    (2, 1, 6, 2, 0),  # by a multiple of the stride
    (4, 1, 4, 2, 0),  # from a single pixel
    (27, 2, 5, 3, 1),
    (13, 1, 5, 2, 2),
]


@exercise(
    "clinic/it_crashes/start",
    not_yet="Write the body of `start_side(...)` and return one int.",
    right="Backwards, layer by layer: a remainder anywhere means that no start gives this side.",
    hints=[
        "One layer forwards is o = (i - 1) * stride - 2 * padding + kernel. Solve it for i.",
        "i = (o + 2 * padding - kernel) / stride + 1, once for each layer, from the last back.",
        "If the division leaves a remainder, or its numerator is negative, return 0.",
    ],
)
def start(answer) -> None:
    """The side from which a chain begins: five ints -> an int."""
    same_on(answer, _start, STARTS, mistakes=START_MISTAKES)


START_MISTAKES = {
    "You divided by stride ** layers and dropped the remainder; kernel and padding count, too.": (
        lambda t, n, k, s, p: t // s**n
    ),
    "You went forwards: `target` is the side at the end, and the start is asked for.": (
        _as_convolution
    ),
    "You divided by stride ** layers; that is right only where a layer multiplies exactly.": (
        _divided
    ),
    "You round: where the division leaves a remainder, no start gives this side. Return 0.": (
        _rounded
    ),
    "You undid one layer only; there are `layers` of them.": (
        lambda t, n, k, s, p: _start(t, 1, k, s, p)
    ),
    "The padding is cut off at both ends: 2 * padding.": (
        lambda t, n, k, s, p: _start(t, n, k + p, s, p)
    ),
    "The padding has the wrong sign: it was cut off, so going back it is added.": (
        lambda t, n, k, s, p: _start(t, n, k + 4 * p, s, p)
    ),
    "You forgot the + 1: n positions have n - 1 gaps.": (
        lambda t, n, k, s, p: _without_one(t, n, k, s, p)
    ),
}


def _without_one(target: int, layers: int, kernel: int, stride: int, padding: int) -> int:
    side = target
    for _ in range(layers):
        rest = side + 2 * padding - kernel
        if rest < 0 or rest % stride:
            return 0
        side = rest // stride
    return side


# ------------------------------------------------------------------ the door

ANSWERS = torch.tensor([[0.2], [0.9], [-0.4]])
LABELS = torch.tensor([[0.0], [1.0], [1.0]])
STRANGERS = [  # all but the last two would be stretched to fit
    (ANSWERS, LABELS[:, 0]),
    (ANSWERS[:, 0], LABELS),
    (ANSWERS, LABELS[:1]),
    (ANSWERS[:, :, None, None], torch.ones(3, 1, 4, 4)),
    (ANSWERS, torch.ones(3, 1, 4, 4)),
    (ANSWERS, torch.ones(2, 1)),
]


SHAPE = re.compile(r"[\[(][\d, ]*[\])]|\d+(?:\s*(?:x|×|\*|by)\s*\d+)*")  # [3, 1], or 3x1


def _squared(answers: Tensor, labels: Tensor) -> Tensor:
    return ((answers - labels) ** 2).mean()


@exercise(
    "clinic/it_crashes/door",
    not_yet="Write the body of `loss(answers, labels)` and return one number.",
    right="Nothing is stretched at this door, and the message says what came.",
    hints=[
        "if answers.shape != labels.shape: raise ValueError(...)",
        'Name both: f"{list(answers.shape)} answers, {list(labels.shape)} labels".',
        "Labels: ((labels == 0) | (labels == 1)).all() must hold.",
    ],
)
def door(answer) -> None:
    """A squared error that refuses what does not fit: two tensors -> a number, or an error."""
    cases = [(ANSWERS, LABELS), (torch.linspace(-1, 1, 8).reshape(8, 1), torch.ones(8, 1))]
    cases.append((ANSWERS[:, 0], LABELS[:, 0]))
    same_on(answer, _squared, cases, mistakes=DOOR_MISTAKES)
    same_gradients(answer, _squared, cases[0], [0], "The answers learn from it.")
    for answers, labels in STRANGERS:
        _refused(answer, answers, labels)
    for bad in (255.0, 0.5, -1.0, float("nan")):
        labels = LABELS.clone()
        labels[1] = bad
        said = _complaint(answer, ANSWERS, labels)
        require(said is not None, f"A label of {bad:g} passes; only 0 and 1 may.")


DOOR_MISTAKES = {
    "You took the sum; the mean is asked for.": lambda a, b: ((a - b) ** 2).sum(),
    "That is the binary cross-entropy; a squared error is asked for.": (
        F.binary_cross_entropy_with_logits
    ),
    "You did not square.": lambda a, b: (a - b).abs().mean(),
}


def _complaint(answer, answers: Tensor, labels: Tensor) -> str | None:
    try:
        function(answer)(answers.clone(), labels.clone())
    except (ValueError, AssertionError) as error:
        return str(error)
    except Exception as error:
        raise Wrong(
            f"For answers {list(answers.shape)} and labels {list(labels.shape)} it stops with "
            f"{error_text(error)} A ValueError or an AssertionError of your own is asked for."
        ) from error
    return None


def _refused(answer, answers: Tensor, labels: Tensor) -> None:
    said = _complaint(answer, answers, labels)
    pair = f"answers {list(answers.shape)} and labels {list(labels.shape)}"
    if said is None:
        raise Wrong(
            f"It takes {pair} without a word: broadcasting stretches them to "
            f"{list(torch.broadcast_shapes(answers.shape, labels.shape))}. Compare the shapes, "
            "not the number of elements or the first axis."
        )
    found = [re.findall(r"\d+", group) for group in SHAPE.findall(said)]
    shapes = [[str(n) for n in x.shape] for x in (answers, labels)]
    require(
        all(shape in found for shape in shapes),
        f"It refuses {pair}, and its message is {said!r}: name both shapes in it.",
    )


question(
    "clinic/it_crashes/q1",
    "mat1 and mat2 shapes cannot be multiplied (32x12544 and 784x128). What is wrong?",
    options={
        "a": ("The batch size is 32.", "The first number of mat1 is the batch; it may be any."),
        "b": (
            "Pictures of 112 by 112 arrive where 28 by 28 are expected.",
            "12544 = 112 * 112 and 784 = 28 * 28.",
        ),
        "c": (
            "The layer must be given 12544 inputs a picture.",
            "Then it refuses the pictures of 28 by 28.",
        ),
    },
    answer="b",
)
question(
    "clinic/it_crashes/q2",
    "A notebook runs for its author and stops for you with a NameError. Restart and Run All on "
    "the author's machine will",
    options={
        "a": ("stop as well.", "A fresh kernel knows only what the cells define."),
        "b": ("run.", "Only a kernel that still knows a deleted cell does."),
        "c": ("give other numbers.", "A name that is missing stops it before any number."),
    },
    answer="a",
)
question(
    "clinic/it_crashes/q3",
    "Answers have shape [64, 1], labels [64]. A squared error by hand",
    options={
        "a": (
            "raises an error, since the shapes differ.",
            "Only if no broadcasting fits; here it does.",
        ),
        "b": ("is right, since both of them hold 64 numbers.", "It makes a table of 64 by 64."),
        "c": (
            "compares every answer with every label.",
            "Its best answer is the labels' mean, whatever the picture.",
        ),
    },
    answer="c",
)
question(
    "clinic/it_crashes/q4",
    "Which crash passes a rehearsal of one batch, and not one of two?",
    options={
        "a": ("A missing import in a function that each step calls.", "The first call finds it."),
        "b": (
            "Labels of the pictures' shape, where the critic answers once for each.",
            "The first loss refuses them.",
        ),
        "c": (
            "A critic that is frozen in the generator's turn and not thawed.",
            "It is the critic's second turn that has nothing to learn.",
        ),
    },
    answer="c",
)
question(
    "clinic/it_crashes/q5",
    "A checkpoint every 200 steps, a crash at step 1,130. After the resume the network at its end",
    options={
        "a": (
            "is the one that would have come without the crash.",
            "130 steps are repeated with the same batches, noise and averages.",
        ),
        "b": ("has 130 steps fewer.", "They are done again."),
        "c": ("is another one, as good.", "So it would be, had the file held the weights alone."),
    },
    answer="a",
)


def _game() -> tuple[nn.Module, nn.Module, Tensor]:
    torch.manual_seed(3)
    generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return generator, critic, torch.randn(32, 4)


@exercise(
    "clinic/it_crashes/turn",
    not_yet="Write the body of `generator_turn(generator, critic, noise)` and return the loss.",
    right="The generator has its gradient, and the critic is as it was: a hundred turns of "
    "both players with yours brought the generated points to the data.",
    hints=[
        "Remember every flag first: before = [w.requires_grad for w in critic.parameters()].",
        "Switch all off, compute the loss, loss.backward(), and only then put the flags back.",
        "A weight that was frozen before the call must be frozen after it: put back before[k], "
        "not True.",
    ],
)
def turn(answer) -> None:
    """The generator's turn with a frozen critic, which is left as it was."""
    generator, critic, noise = _game()
    critic[0].weight.requires_grad_(False)  # its owner wants it so
    critic[2].bias.grad = torch.ones(1)  # left by the critic's own turn
    flags, free = [w.requires_grad for w in critic.parameters()], []
    critic.register_forward_hook(
        lambda net, x, y: free.append(sum(w.requires_grad for w in net.parameters()))
    )
    loss = call(answer, generator, critic, noise)
    _look_at_critic(critic, flags)
    require(free, "The critic was never asked.")
    require(
        free[-1] == 0,
        f"While the critic answered, {free[-1]} tensors of its weights still required a gradient: "
        "you did not freeze it. Switch requires_grad off before the loss is computed.",
    )
    twin, judge, noise = _game()
    right = F.softplus(-judge(twin(noise))).mean()
    right.backward()
    close(loss, right.item(), mistakes=_turn_mistakes(twin, judge, noise), what="Your loss")
    for mine, theirs in zip(generator.parameters(), twin.parameters(), strict=True):
        require(
            mine.grad is not None,
            "The generator got no gradient: call backward(), without no_grad() or detach().",
        )
        close(mine.grad, theirs.grad, what="The generator's gradient")
    other = torch.randn(9, 4)
    right = F.softplus(-critic(generator(other))).mean().item()
    close(call(answer, generator, critic, other), right, what="For other noise your loss")
    _play(answer)


def _look_at_critic(critic: nn.Module, flags: list[bool]) -> None:
    *others, kept = critic.parameters()
    require(
        all(w.grad is None for w in others) and (kept.grad is None or bool((kept.grad == 1).all())),
        "The critic got a gradient: switch requires_grad off before you compute the loss.",
    )
    require(
        kept.grad is not None,
        "A gradient that the critic had before your turn is gone: leave it as you found it.",
    )
    after = [w.requires_grad for w in critic.parameters()]
    require(
        any(after),
        "After your turn no weight of the critic requires a gradient: its next turn will crash. "
        "Thaw what you froze.",
    )
    require(
        after == flags,
        "One weight of the critic was frozen before your turn, by its owner, and is not any more: "
        "put back each weight's own flag, not True.",
    )


def _turn_mistakes(generator: nn.Module, critic: nn.Module, noise: Tensor) -> dict:
    with torch.no_grad():
        answers = critic(generator(noise))
        return {
            "That is softplus(answers), a loss of the critic; softplus(-answers) is asked for.": (
                F.softplus(answers).mean()
            ),
            "You took the sum over the batch; the mean is asked for.": F.softplus(-answers).sum(),
            "That is the saturating loss; softplus(-answers) is asked for.": (
                -F.softplus(answers).mean()
            ),
        }


def _play(answer) -> None:
    generator, critic, _ = _game()
    first = torch.optim.Adam(critic.parameters(), lr=0.01, betas=(0.5, 0.99))
    second = torch.optim.Adam(generator.parameters(), lr=0.01, betas=(0.5, 0.99))
    for _ in range(100):
        real, noise = torch.randn(64, 2) + 2, torch.randn(64, 4)
        fakes = generator(noise).detach()
        loss = F.softplus(-critic(real)).mean() + F.softplus(critic(fakes)).mean()
        first.zero_grad()
        loss.backward()
        first.step()
        first.zero_grad()
        second.zero_grad()
        call(answer, generator, critic, noise)
        second.step()
    away = (generator(torch.randn(500, 4)).mean(0) - 2).abs().max().item()
    require(
        away < 1.5,
        f"In a hundred turns of both players the generated points stay {away:.1f} away from the "
        "data; with the right turn they come nearer than 1.5. Does your turn change weights?",
    )


# ------------------------------------------------------------------ all of the layers


@exercise(
    "clinic/it_crashes/net",
    not_yet="Write `make_net(widths)` and return a module.",
    right="Every layer is registered, and every one of them moved when it was trained.",
    hints=[
        "[nn.Linear(a, b) for a, b in zip(widths[:-1], widths[1:])] are the layers.",
        "A plain list is not looked into: nn.ModuleList(layers), or nn.Sequential(*layers).",
        "Tanh between two layers, none after the last: it could not give a number above 1.",
    ],
)
def net(answer) -> None:
    """A network of any depth whose weights are all registered: widths -> nn.Module."""
    for widths in ([1, 16, 16, 1], [3, 5], [2, 4, 4, 4, 3]):
        made = call(answer, list(widths))
        require(isinstance(made, nn.Module), "Return an nn.Module.")
        _registered(made, widths)
        _shape_of(made, widths)
    deep = [2, 4, 4, 4, 3]
    _tanh_between(call(answer, list(deep)), deep)
    _learns(call(answer, [1, 16, 16, 1]))


def _registered(made: nn.Module, widths: list[int]) -> None:
    wanted = sum(a * b + b for a, b in zip(widths[:-1], widths[1:], strict=True))
    found = sum(w.numel() for w in made.parameters())
    learns = sum(w.numel() for w in made.parameters() if w.requires_grad)
    sentence = f"For widths {widths}, parameters() finds {found} numbers; there should be {wanted}."
    if found < wanted:
        sentence += " Layers in a plain list are not registered."
    require(found == wanted, sentence)
    require(learns == found, f"Only {learns} of {found} numbers require a gradient.")


def _shape_of(made: nn.Module, widths: list[int]) -> None:
    x = torch.randn(7, widths[0])
    result = call(made, x)
    require(
        isinstance(result, Tensor) and list(result.shape) == [7, widths[-1]],
        f"For widths {widths}, an input of [7, {widths[0]}] must give [7, {widths[-1]}].",
    )
    bounded = call(made, 1e4 * x).abs().max() < 100
    require(
        bounded or len(widths) == 2,
        "There is no Tanh between the layers: for a large input the output grows without end.",
    )
    require(
        not bounded or len(widths) > 2,
        "With one layer alone there is no Tanh: none stands after the last layer.",
    )


def _tanh_between(made: nn.Module, widths: list[int]) -> None:
    x = torch.randn(7, widths[0])
    result, wanted = call(made, x), _by_its_weights(made, x)
    require(
        wanted is None or torch.allclose(result, wanted, atol=1e-4),
        "Between two layers stands something bounded that is not a Tanh: with your weights and a "
        "Tanh the outputs would be others.",
    )


def _by_its_weights(made: nn.Module, x: Tensor) -> Tensor | None:
    """What a net with these weights and a Tanh between the layers gives; None if out of order."""
    weights = list(made.parameters())
    for k, (weight, bias) in enumerate(zip(weights[::2], weights[1::2], strict=True)):
        if weight.ndim != 2 or weight.shape[1] != x.shape[1] or bias.shape != weight.shape[:1]:
            return None
        x = F.linear(x.tanh() if k else x, weight, bias)
    return x


def _learns(made: nn.Module) -> None:
    x = torch.linspace(-3, 3, 128)[:, None]
    y, before = 2 * torch.sin(x), [w.detach().clone() for w in made.parameters()]
    optimizer = torch.optim.Adam(made.parameters(), lr=0.02)
    for _ in range(300):
        loss = F.mse_loss(made(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    still = sum(torch.equal(w, b) for w, b in zip(made.parameters(), before, strict=True))
    require(still == 0, f"{still} of the tensors of weights did not move in 300 steps.")
    require(
        loss.item() < 0.1,
        f"After 300 steps on a sine its loss is {loss.item():.3f}; below 0.1 is asked for.",
    )
