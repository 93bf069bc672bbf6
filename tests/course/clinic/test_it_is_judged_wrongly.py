"""The exercises of the lesson on wrong judgements: right ones accepted, wrong ones told why."""

from __future__ import annotations

import itertools
import math

import torch

from course.answers import Answers


def paired(a, b):
    gap = b - a
    return gap.mean(), gap.std() / len(gap) ** 0.5


def paired_by_hand(a, b):
    gaps = [(y - x).item() for x, y in zip(a, b, strict=True)]
    mean = sum(gaps) / len(gaps)
    variance = sum((g - mean) ** 2 for g in gaps) / (len(gaps) - 1)
    return mean, math.sqrt(variance / len(gaps))


def paired_as_tensor(a, b):
    return torch.stack(paired(a, b))


def unpaired(a, b):
    return b.mean() - a.mean(), ((a.var() + b.var()) / len(a)).sqrt()


def advantage(real, fake):
    return (real > 0).float().mean() - (fake > 0).float().mean()


def advantage_by_shares(real, fake):
    right = (real.flatten().sigmoid() > 0.5).sum() / len(real)
    wrong = (fake.flatten().sigmoid() > 0.5).sum() / len(fake)
    return (right - wrong).item()


def best(scores, n):
    total = math.comb(len(scores), n)
    ordered = sorted(scores.tolist())
    return sum(math.comb(k, n - 1) / total * s for k, s in enumerate(ordered))


def best_by_product(scores, n):
    ordered, m = scores.double().sort(descending=True).values, len(scores)
    left, result = 1.0, 0.0  # chance that none of the better ones is among the n
    for k, score in enumerate(ordered):
        taken = left * n / (m - k) if m - k >= n else 0.0
        result, left = result + taken * score.item(), left - taken
    return result


def best_by_floats(scores, n):
    subsets = itertools.islice(itertools.combinations(scores.tolist(), n), 1000)
    tops = [max(subset) for subset in subsets]
    return sum(tops) / len(tops)


def draw(net, latents, at_most):
    modes = {module: module.training for module in net.modules()}
    net.eval()
    with torch.no_grad():
        made = torch.cat([net(part) for part in latents.split(at_most)])
    for module, mode in modes.items():
        module.training = mode
    return made


@torch.no_grad()
def draw_by_steps(net, latents, at_most):
    was, made = [m.training for m in net.modules()], []
    try:
        net.eval()
        for start in range(0, len(latents), at_most):
            made.append(net(latents[start : start + at_most]))
    finally:
        for module, mode in zip(net.modules(), was, strict=True):
            module.training = mode
    return torch.cat(made)


def as_it_is(net, latents, at_most):
    with torch.no_grad():
        return torch.cat([net(part) for part in latents.split(at_most)])


def left_in_eval(net, latents, at_most):
    net.eval()
    return as_it_is(net, latents, at_most)


def left_in_train(net, latents, at_most):
    made = left_in_eval(net, latents, at_most)
    net.train()
    return made


def one_mode_for_all(net, latents, at_most):
    mode = net.training
    made = left_in_eval(net, latents, at_most)
    net.train(mode)
    return made


def with_gradient(net, latents, at_most):
    mode = net.training
    made = torch.cat([net.eval()(part) for part in latents.split(at_most)])
    net.train(mode)
    return made


def all_at_once(net, latents, at_most):
    return draw(net, latents, len(latents))


def full_handfuls(net, latents, at_most):
    return draw(net, latents[: len(latents) // at_most * at_most], at_most)


def backwards(net, latents, at_most):
    return draw(net, latents.flip(0), at_most)


RIGHT = {
    "clinic/it_is_judged_wrongly/paired": [paired, paired_by_hand, paired_as_tensor],
    "clinic/it_is_judged_wrongly/advantage": [advantage, advantage_by_shares],
    "clinic/it_is_judged_wrongly/best": [best, best_by_product],
    "clinic/it_is_judged_wrongly/draw": [draw, draw_by_steps],
}

WRONG = [
    ("clinic/it_is_judged_wrongly/paired", unpaired, "forgot the pairs"),
    (
        "clinic/it_is_judged_wrongly/paired",
        lambda a, b: ((b - a).mean(), (b - a).std()),
        "root of N",
    ),
    (
        "clinic/it_is_judged_wrongly/paired",
        lambda a, b: ((b - a).mean(), (b - a).std() / len(a)),
        "divided by N;",
    ),
    (
        "clinic/it_is_judged_wrongly/paired",
        lambda a, b: ((b - a).mean(), (b - a).var() / len(a)),
        "variance of the",
    ),
    (
        "clinic/it_is_judged_wrongly/paired",
        lambda a, b: ((b - a).mean(), (b - a).std(correction=0) / len(a) ** 0.5),
        "N - 1",
    ),
    (
        "clinic/it_is_judged_wrongly/paired",
        lambda a, b: (paired(b, a)[0], paired(a, b)[1]),
        "b - a",
    ),
    ("clinic/it_is_judged_wrongly/advantage", lambda r, f: (r > 0).float().mean(), "Only the real"),
    (
        "clinic/it_is_judged_wrongly/advantage",
        lambda r, f: (r > 0).float().mean() - (f <= 0).float().mean(),
        "those that it calls real",
    ),
    (
        "clinic/it_is_judged_wrongly/advantage",
        lambda r, f: ((r > 0).sum() + (f <= 0).sum()) / (len(r) + len(f)),
        "over all pictures",
    ),
    (
        "clinic/it_is_judged_wrongly/advantage",
        lambda r, f: ((r > 0).float().mean() + (f <= 0).float().mean()) / 2,
        "not 0",
    ),
    (
        "clinic/it_is_judged_wrongly/advantage",
        lambda r, f: (r > 0.5).float().mean() - (f > 0.5).float().mean(),
        "0 is the border",
    ),
    (
        "clinic/it_is_judged_wrongly/advantage",
        lambda r, f: r.sigmoid().mean() - f.sigmoid().mean(),
        "called* real",
    ),
    ("clinic/it_is_judged_wrongly/advantage", lambda r, f: advantage(f, r), "sign"),
    ("clinic/it_is_judged_wrongly/best", lambda s, n: s.max(), "whatever n is"),
    ("clinic/it_is_judged_wrongly/best", lambda s, n: s[:n].max(), "first n"),
    ("clinic/it_is_judged_wrongly/best", lambda s, n: s.mean(), "best of one"),
    (
        "clinic/it_is_judged_wrongly/best",
        lambda s, n: s.sort().values[-n:].mean(),
        "n best of all M",
    ),
    (
        "clinic/it_is_judged_wrongly/best",
        lambda s, n: s.double().quantile(n / (n + 1)),
        "place n/(n + 1)",
    ),
    ("clinic/it_is_judged_wrongly/best", best_by_floats, "for 500 scores"),
    ("clinic/it_is_judged_wrongly/draw", as_it_is, "stored statistics"),
    ("clinic/it_is_judged_wrongly/draw", left_in_eval, "was in training mode"),
    ("clinic/it_is_judged_wrongly/draw", left_in_train, "was in evaluation mode"),
    ("clinic/it_is_judged_wrongly/draw", one_mode_for_all, "mode of each module"),
    ("clinic/it_is_judged_wrongly/draw", with_gradient, "no_grad"),
    ("clinic/it_is_judged_wrongly/draw", all_at_once, "at most 4"),
    ("clinic/it_is_judged_wrongly/draw", lambda n, z, k: draw(n, z, 4), "at most 2"),
    ("clinic/it_is_judged_wrongly/draw", full_handfuls, "last handful"),
    ("clinic/it_is_judged_wrongly/draw", backwards, "order of the latents"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG
