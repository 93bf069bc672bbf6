"""Right and wrong answers of images/faces_and_scenes, and its tied faces."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from aigc_teach import data
from aigc_teach.core import make_generator
from aigc_teach.course.images import faces_and_scenes as course
from course.answers import Answers

LESSON = "images/faces_and_scenes"


def others(b, a, k):
    moved = (a - b).abs() > 0.15
    return torch.cat([moved[:, :k], moved[:, k + 1 :]], 1).float()


RIGHT = {
    f"{LESSON}/direction": [
        lambda z, h: z[h].mean(0) - z[~h].mean(0),
        lambda z, h: (z * h[:, None]).sum(0) / h.sum() - (z * ~h[:, None]).sum(0) / (~h).sum(),
    ],
    f"{LESSON}/side_effects": [
        lambda b, a, k: others(b, a, k).mean(),
        lambda b, a, k: others(b, a, k).mean().item(),
    ],
    f"{LESSON}/carry": [
        lambda x, old, new: (x + new - old).clamp(-1, 1),
        lambda x, old, new: torch.clip(x - old + new, -1.0, 1.0),
    ],
}
WRONG = [
    (
        f"{LESSON}/side_effects",
        lambda b, a, k: others(b, a, 0).mean(),
        "whichever was asked for",
    ),
    (
        f"{LESSON}/side_effects",
        lambda b, a, k: (
            ((a - b).abs().mean(0) > 0.15)[torch.arange(b.shape[1]) != k].float().mean()
        ),
        "before you compared",
    ),
    (f"{LESSON}/direction", lambda z, h: z[~h].mean(0) - z[h].mean(0), "wrong way"),
    (f"{LESSON}/direction", lambda z, h: z[h].mean(0) - z.mean(0), "mean of all"),
    (f"{LESSON}/direction", lambda z, h: z[h].mean(0), "take the mean of the others away"),
    (
        f"{LESSON}/direction",
        lambda z, h: F.normalize(z[h].mean(0) - z[~h].mean(0), dim=0),
        "length 1",
    ),
    (f"{LESSON}/direction", lambda z, h: z[h].sum(0) - z[~h].sum(0), "sums"),
    (
        f"{LESSON}/side_effects",
        lambda b, a, k: ((a - b).abs() > 0.15).float().mean(),
        "leave its column out",
    ),
    (f"{LESSON}/side_effects", lambda b, a, k: 1 - others(b, a, k).mean(), "stayed"),
    (
        f"{LESSON}/side_effects",
        lambda b, a, k: others(b, a, k).any(1).float().mean(),
        "share of pictures",
    ),
    (f"{LESSON}/side_effects", lambda b, a, k: others(b, a, k).sum(), "divide by how many"),
    (f"{LESSON}/carry", lambda x, old, new: x + new - old, r"leaves [-1, 1]"),
    (f"{LESSON}/carry", lambda x, old, new: (x + old - new).clamp(-1, 1), "other way"),
    (f"{LESSON}/carry", lambda x, old, new: new, "stays lost"),
    (f"{LESSON}/carry", lambda x, old, new: (x + new).clamp(-1, 1), "only how it differs"),
    (f"{LESSON}/direction", lambda z, h: z.mean(0), "which belong to which side"),
    (
        f"{LESSON}/direction",
        lambda z, h: (z * h[:, None]).mean(0) - (z * ~h[:, None]).mean(0),
        "count as zeros",
    ),
    (f"{LESSON}/direction", lambda z, h: z[h].mean(0) - z[~h].mean(), "a single number"),
    (f"{LESSON}/direction", lambda z, h: (z[h].mean(0) - z[~h].mean(0)).abs(), "lost its signs"),
    (f"{LESSON}/direction", lambda z, h: (z[h].mean(0) - z[~h].mean(0)).norm(), "how long"),
    (f"{LESSON}/direction", lambda z, h: z[h][0] - z[~h][0], "one picture to one other"),
    (
        f"{LESSON}/direction",
        lambda z, h: z[h.long()].mean(0) - z[1 - h.long()].mean(0),
        "True and False",
    ),
    (f"{LESSON}/direction", lambda z, h: (z[h].mean(0) - z[~h].mean(0)) / z.std(0), "the spread"),
    (f"{LESSON}/direction", lambda z, h: z.mean(0) - z[~h].mean(0), "a part of the way"),
    (f"{LESSON}/direction", lambda z, h: z[h].mean(1) - z[~h].mean(1), "before both kinds are"),
    (f"{LESSON}/side_effects", lambda b, a, k: (a - b > 0.15).float().mean(), "Two things"),
    (f"{LESSON}/side_effects", lambda b, a, k: (a - b).abs()[:, k].mean(), "of the others did"),
    (f"{LESSON}/side_effects", lambda b, a, k: others(b, a, k).mean(0), "over the attributes"),
    (f"{LESSON}/side_effects", lambda b, a, k: others(b, a, k) > 0, "says of each entry"),
    (
        f"{LESSON}/side_effects",
        lambda b, a, k: ((a - b).abs() > 0.15)[:, k + 1 :].float().mean(),
        "right of `column`",
    ),
    (
        f"{LESSON}/side_effects",
        lambda b, a, k: ((a - b).abs() > 0.15)[torch.arange(len(b)) != k].float().mean(),
        "left out a picture",
    ),
    (
        f"{LESSON}/side_effects",
        lambda b, a, k: others(b, b + (a - b).square(), k).mean(),
        "not its square",
    ),
    (
        f"{LESSON}/side_effects",
        lambda b, a, k: others(b, b + (a - b) * 0.6, k).mean(),
        "0.25 is what the success",
    ),
    (f"{LESSON}/side_effects", lambda b, a, k: others(b, a, k).sum(1).mean(), "in a picture"),
    (f"{LESSON}/side_effects", lambda b, a, k: others(0 * b, a, k).mean(), "afterwards alone"),
    (
        f"{LESSON}/side_effects",
        lambda b, a, k: others(0 * b, (a != b).float(), k).mean(),
        "every change",
    ),
    (
        f"{LESSON}/side_effects",
        lambda b, a, k: others(0 * b, (a - b) / b, k).mean(),
        "whatever stood there",
    ),
    (f"{LESSON}/carry", lambda x, old, new: new.clamp(-1, 1), "Start from x"),
    (f"{LESSON}/carry", lambda x, old, new: old, "no edit"),
    (f"{LESSON}/carry", lambda x, old, new: (old + new - x).clamp(-1, 1), "x comes with a plus"),
    (f"{LESSON}/carry", lambda x, old, new: (x + (new - old) / 2).clamp(-1, 1), "half"),
    (f"{LESSON}/carry", lambda x, old, new: x + (new - old).clamp(-1, 1), "cut the sum"),
    (f"{LESSON}/carry", lambda x, old, new: (x + new - old).tanh(), "tanh bends"),
    (
        f"{LESSON}/carry",
        lambda x, old, new: (x + new - old) / (x + new - old).abs().max(),
        "fainter",
    ),
    (f"{LESSON}/carry", lambda x, old, new: (x + new - old).clamp(min=-1), "black alone"),
    (f"{LESSON}/carry", lambda x, old, new: (x + new - old).clamp(max=1), "white alone"),
    (f"{LESSON}/carry", lambda x, old, new: (x + (new - old).abs()).clamp(-1, 1), "lost its sign"),
    (f"{LESSON}/carry", lambda x, old, new: (new - x).clamp(-1, 1), "two decoded ones"),
    (f"{LESSON}/carry", lambda x, old, new: (x - old).clamp(-1, 1), "what the decoder lost"),
]


class TestAnswers(Answers):
    right, wrong = RIGHT, WRONG


def test_the_table_draws_the_same_faces_again():
    x, shown = data.faces(20, generator=make_generator(3))
    names = list(data.FACE)
    table = course.table(shown, names)
    assert table.shape == (20, 11) and table[:, :6].min() >= 0 and table[:, :6].max() <= 1
    given = {}
    for k, name in enumerate(names):
        kind = data.FACE[name]
        given[name] = (
            kind.low + (kind.high - kind.low) * table[:, k] if k < 6 else table[:, k].long()
        )
    assert torch.allclose(data.faces(20, **given).x, x, atol=1e-3)


def test_tied_faces_differ_in_the_counter_examples_alone():
    tied, mixed = (course.tied(500, counter=c, seed=1) for c in (0.0, 0.2))
    grey = [faces.attributes.hair_colour >= 4 for faces in (tied, mixed)]
    assert torch.equal(grey[0], tied.attributes.glasses > 0)
    assert torch.equal(tied.attributes.glasses, mixed.attributes.glasses)
    assert abs((grey[0] != grey[1]).float().mean() - 0.2) < 0.05
    same = (tied.x == mixed.x).flatten(1).all(1)
    assert torch.equal(same, grey[0] == grey[1])


def test_what_is_asked_for_is_something_else():
    places = torch.arange(60) % 6
    assert (course.other_values(places.float(), "hair") != places).all()
    assert ((course.other_values(torch.rand(50), "smile") - 0.5).abs() > 0.39).all()
    spread = course.spread(torch.tensor([[0.25, 1.0]]), ["smile", "glasses"])
    assert spread.tolist() == [[0.25, 0.0, 1.0, 0.0]]
