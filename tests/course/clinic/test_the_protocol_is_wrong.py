"""The exercises on the protocol: right answers are accepted, each planted wrong one told why."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aigc_teach.course.clinic import PlannedGan
from aigc_teach.course.clinic.common.gan_plan import (
    TrainingState,
    alternating_step,
    dense_generator,
    make_training_state,
)
from aigc_teach.course.clinic.the_protocol_is_wrong import cases as protocol
from aigc_teach.course.clinic.the_protocol_is_wrong import pieces
from aigc_teach.lab.judge import judge
from course.answers import Answers


def make_state(plan, random, weights=None, betas=(0.0, 0.99)):
    gan = PlannedGan(plan)
    chosen = weights(gan) if weights else (gan.critic.parameters(), gan.generator.parameters())
    adams = [torch.optim.Adam(each, lr=plan.lr, betas=betas) for each in chosen]
    return TrainingState(gan, *adams, random)


def turn(state, real, *, zero=(True, True), detach=False, early=False, swap=False, late=False):
    gan, plan = state.gan, state.gan.plan
    fake = gan.generator(plan.noise(len(real), state.random))
    critic_loss = plan.critic_loss(gan.critic(real), gan.critic(fake.detach()))
    answer = gan.critic(fake) if early else None
    if zero[0]:
        state.critic_optimizer.zero_grad()
    if early:  # both gradients before anybody moves
        plan.generator_loss(answer).backward(inputs=list(gan.generator.parameters()))
    critic_loss.backward(inputs=list(gan.critic.parameters()))
    if late:
        state.critic_optimizer.zero_grad(set_to_none=False)
    state.critic_optimizer.step()
    if early:
        state.generator_optimizer.step()
        state.generator_optimizer.zero_grad()
        return critic_loss, critic_loss
    generator_loss = plan.generator_loss(gan.critic(fake.detach() if detach else fake))
    if zero[1]:
        state.generator_optimizer.zero_grad()
    generator_loss.backward()
    state.generator_optimizer.step()
    return (generator_loss, critic_loss) if swap else (critic_loss, generator_loss)


def frozen(plan, random):
    state = make_state(plan, random)
    state.gan.critic.requires_grad_(False)
    return state


WRONG_STATES = {
    "holds weights of the critic as well": pieces.make_state_with_shared_optimizer,
    "made and thrown away": pieces.make_state_with_replaced_critic,
    "exchanged": lambda p, r: make_state(
        p, r, lambda g: (g.generator.parameters(), g.critic.parameters())
    ),
    "holds weights of the generator as well": lambda p, r: make_state(
        p, r, lambda g: (g.parameters(), g.generator.parameters())
    ),
    "only some": lambda p, r: make_state(
        p, r, lambda g: (list(g.critic.parameters())[:2], g.generator.parameters())
    ),
    "not in the game": lambda p, r: make_state(
        p,
        r,
        lambda g: ([*g.critic.parameters(), *p.critic().parameters()], g.generator.parameters()),
    ),
    "frozen": frozen,
    "one thing at a time": lambda p, r: make_state(p, r, betas=(0.9, 0.99)),
    "Return TrainingState": lambda p, r: PlannedGan(p),
}


def same_latents(state, real):
    state.random.manual_seed(0)
    return alternating_step(state, real)


WRONG_TURNS = {
    "the generator's optimizer uses is": lambda t, r: turn(t, r, zero=(True, False)),
    "the critic's optimizer uses is": lambda t, r: turn(t, r, zero=(False, True)),
    "No gradient reaches the generator": lambda t, r: turn(t, r, detach=True),
    "between backward() and step()": lambda t, r: turn(t, r, late=True),
    "Let the critic move first": pieces.simultaneous_step,
    "2 steps a turn": pieces.step_both_optimizers,
    "evaluation mode": pieces.step_with_generator_in_eval_mode,
    "same latents": same_latents,
    "real pictures, len(real)": lambda t, r: of_one_size(t, r),
    "Return both losses": lambda t, r: alternating_step(t, r)[0],
    "the critic's comes first": lambda t, r: turn(t, r, swap=True),
    "for the generator's loss": lambda t, r: (turn(t, r)[0], torch.zeros(())),
}


def of_one_size(state, real):
    """A turn with the size of its batch built in."""
    gan = state.gan
    fake = gan.generator(gan.plan.noise(64, state.random))
    critic_loss = gan.plan.critic_loss(gan.critic(real), gan.critic(fake.detach()))
    move(state.critic_optimizer, critic_loss)
    return critic_loss, move(state.generator_optimizer, gan.plan.generator_loss(gan.critic(fake)))


def by_softplus(state, real, swap=False):
    """A right turn that does not use the plan's losses, and draws new latents for the second."""
    gan, draw = state.gan, state.gan.plan.noise
    fake = gan.generator(draw(len(real), state.random)).detach()
    told = [F.softplus(-gan.critic(real)).mean() + F.softplus(gan.critic(fake)).mean()]
    told.append(move(state.critic_optimizer, told[0]))
    fake = gan.generator(draw(len(real), state.random))
    told[1] = move(state.generator_optimizer, F.softplus(-gan.critic(fake)).mean())
    return tuple(told[::-1] if swap else told)


def move(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


WRONG_RESTS = {
    "without the generator's loss": lambda p, q, w: p / (p + q),
    "the page's case": lambda p, q, w: (p + q) / (p + 2 * q),
    "weighs the generated data": lambda p, q, w: (p + w * p) / (p + w * p + q),
    'that of "real"': lambda p, q, w: q / (p + q + w * q),
    "above the line": lambda p, q, w: p / (p + q + w * q),
}


def with_norms(**options):
    layers = []
    for inputs, outputs in ((32, 128), (128, 256)):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs, **options), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(256, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


def with_others(hidden, last):
    layers = []
    for inputs, outputs in ((32, 128), (128, 256)):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), hidden]
    return nn.Sequential(*layers, nn.Linear(256, 784), last, nn.Unflatten(1, (1, 28, 28)))


def bare():
    return nn.Sequential(*[m for m in dense_generator() if not isinstance(m, nn.BatchNorm1d)])


class Blurred(nn.Module):
    """Noise in use."""

    def __init__(self):
        super().__init__()
        self.net = dense_generator()

    def forward(self, z):
        return self.net(z + 0.5 * torch.randn_like(z))


WRONG_GENERATORS = {
    "keeps no running statistics": pieces.generator_without_running_statistics,
    "do not remove it": bare,
    "momentum 0": lambda: with_norms(momentum=0.0),
    "two pictures": Blurred,
    "[8, 1, 28, 28]": lambda: dense_generator()[:-1],
    "Return the network itself": lambda: 3,
    "something else than a ReLU": lambda: with_others(nn.Sigmoid(), nn.Tanh()),
    "With large weights": lambda: with_others(nn.ReLU(), nn.Identity()),
}


RIGHT = {
    "one_for_all": [make_state, make_training_state],
    "by_hand": [turn, alternating_step, lambda t, r: by_softplus(t, r)],
    "rest": [
        lambda p, q, w: (p + w * q) / (p + q + w * q),
        lambda p, q, w: 1 - q / (p + (1 + w) * q),
        lambda p, q, w: torch.sigmoid(torch.log((p + w * q) / q)),
    ],
    "company": [dense_generator, with_norms],
}
WRONG = {
    "one_for_all": WRONG_STATES,
    "by_hand": WRONG_TURNS
    | {
        # by one who does not use the plan's losses
        "comes first": lambda t, r: by_softplus(t, r, swap=True),
        "never moves": lambda t, r: (torch.zeros(()), torch.zeros(())),
    },
    "rest": WRONG_RESTS,
    "company": WRONG_GENERATORS,
}


class TestAnswers(Answers):
    right = {f"clinic/the_protocol_is_wrong/{slug}": answers for slug, answers in RIGHT.items()}
    wrong = [
        (f"clinic/the_protocol_is_wrong/{slug}", answer, words)
        for slug, table in WRONG.items()
        for words, answer in table.items()
    ]
    sharing = {"clinic/the_protocol_is_wrong/by_hand": 1}


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("stub", [None, ...])
def test_other_untouched_stubs_and_an_earlier_name(name, stub):
    assert judge(f"protocol/{name}", stub).state == "not yet"


def test_the_exercises_start_from_cases():
    assert {"noise_called_real", "same_latent_other_picture"} <= set(protocol.CASES)
