"""Exercises of the lesson on notebooks that crash: a turn that thaws, layers that all learn."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checkers import call, close, require
from . import exercise


def _game() -> tuple[nn.Module, nn.Module, Tensor]:
    torch.manual_seed(3)
    generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    return generator, critic, torch.randn(32, 4)


@exercise(
    "crashes/turn",
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
    flags = [w.requires_grad for w in critic.parameters()]
    loss = call(answer, generator, critic, noise)
    _look_at_critic(critic, flags)
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
    _play(answer)


def _look_at_critic(critic: nn.Module, flags: list[bool]) -> None:
    require(
        all(w.grad is None for w in critic.parameters()),
        "The critic got a gradient: switch requires_grad off before you compute the loss.",
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
    "crashes/net",
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
