"""Exercises, questions and tables of the lesson on faces and scenes."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ... import train
from ...core import make_generator
from ...data import FACE, Batches, FaceSet, faces, landscapes
from ...data.attributes import Amount
from ...lab.checkers import Wrong, same_on
from ...lab.register import exercise, question
from ...metrics import moved


def trained(
    model: nn.Module, x: Tensor, batch: int, steps: int, rate: float, beta1: float, *, seed: int
) -> tuple[nn.Module, float]:
    """Train a model on pictures by ``train.fit``; its averaged twin, and the processor seconds."""
    average, start = train.EMA(0.99), time.process_time()
    config = train.TrainConfig(
        steps=steps, lr=rate, betas=(beta1, 0.99), schedule="cosine_tail", seed=seed
    )
    batches = Batches(x, batch_size=batch, seed=seed)
    train.fit(model, batches, config, callbacks=[train.Progress(), average])
    return average.model.eval(), time.process_time() - start


@torch.no_grad()
def numbers(reader: nn.Module, x: Tensor) -> Tensor:
    """What a reader says of pictures: amounts, and the probability of each name."""
    amounts, logits = reader(x)
    return torch.cat([amounts, *(one.softmax(1) for one in logits)], 1)


def rms(x: Tensor, y: Tensor) -> float:
    """The root of the mean squared difference.

    >>> rms(torch.zeros(2), torch.tensor([3.0, 3.0]))
    3.0
    """
    return (x - y).square().mean().sqrt().item()


def identity_kept(before: Tensor, after: Tensor, column: int) -> float:
    """The share of faces of which no attribute moved but that of `column`.

    Parameters
    ----------
    before, after : Tensor
        ``[N, 11]`` as the reader sees them, the six amounts first.
    column : int
        The attribute that may move.

    >>> before = torch.zeros(2, 11)
    >>> after = before.clone()
    >>> after[:, 7], after[1, 0] = 1.0, 0.5
    >>> identity_kept(before, after, 7), identity_kept(before, after, 0)
    (0.5, 0.0)
    """
    others = moved(before, after, amounts=6)  # [N, 11]
    others[:, column] = False
    return (~others.any(1)).float().mean().item()


def table(attributes, names: Sequence[str]) -> Tensor:
    """Known attributes of faces, ``[N, len(names)]``: amounts in [0, 1], places as floats.

    >>> from aigc_teach import data
    >>> table(data.faces(1, smile=1.0, hair="curly").attributes, ["smile", "hair"]).tolist()
    [[1.0, 2.0]]
    """
    columns = []
    for name in names:
        kind, value = FACE[name], getattr(attributes, name).float()
        amount = isinstance(kind, Amount)
        columns.append((value - kind.low) / (kind.high - kind.low) if amount else value)
    return torch.stack(columns, dim=1)


def other_values(before: Tensor, name: str, *, seed: int = 0) -> Tensor:
    """Something else to ask for: 0.9 or 0.1 of an amount, whichever is far; another name.

    >>> other_values(torch.tensor([0.2, 0.8]), "smile").tolist()
    [0.8999999761581421, 0.10000000149011612]
    """
    if isinstance(FACE[name], Amount):
        return torch.where(before < 0.5, 0.9, 0.1)
    count = len(FACE[name].names)
    step = torch.randint(1, count, before.shape, generator=make_generator(seed))
    return (before + step) % count


def tied(n: int, *, counter: float, seed: int) -> FaceSet:
    """Faces of which those with glasses have grey or white hair, and the others have not.

    Parameters
    ----------
    n : int
    counter : float
        Share of faces for which it is the other way round.
    seed : int
        Changing `counter` alone changes the hair of that share alone.

    >>> x, attributes = tied(100, counter=0.0, seed=0)
    >>> bool(((attributes.glasses > 0) == (attributes.hair_colour >= 4)).all())
    True
    """
    g = make_generator(seed)
    chance = torch.rand(n, 3, generator=g)
    glasses = (chance[:, 0] < 0.5).long() * torch.randint(1, 3, (n,), generator=g)
    grey = (glasses > 0) ^ (chance[:, 1] < counter)
    colour = torch.where(grey, 4 + (2 * chance[:, 2]).long(), (4 * chance[:, 2]).long())
    return faces(n, generator=g, glasses=glasses, hair_colour=colour)


def spread(places: Tensor, names: Sequence[str]) -> Tensor:
    """A table ``[N, len(names)]`` with its choices one-hot: ``[N, D]``.

    >>> spread(torch.tensor([[0.5, 2.0]]), ["smile", "glasses"]).tolist()
    [[0.5, 0.0, 0.0, 1.0]]
    """
    parts = []
    for column, name in zip(places.unbind(1), names, strict=True):
        if isinstance(FACE[name], Amount):
            parts.append(column[:, None])
        else:
            parts.append(F.one_hot(column.long(), len(FACE[name].names)).float())
    return torch.cat(parts, dim=1)


_g = make_generator(7)
CODES = torch.randn(12, 4, generator=_g) + torch.tensor([0.5, -1.0, 0.0, 2.0])
HAS = torch.tensor([True, False, False, True, False, False, True, False, False, True, False, False])
CODES[HAS] += torch.tensor([1.0, 0.3, -2.0, 0.0])


def _direction(codes: Tensor, has: Tensor) -> Tensor:
    return codes[has].mean(0) - codes[~has].mean(0)


DIRECTION_MISTAKES = {
    "It points the wrong way: from the pictures that have it to those without.": (
        lambda z, h: -_direction(z, h)
    ),
    "That is the mean of those that have it; take the mean of the others away.": (
        lambda z, h: z[h].mean(0)
    ),
    "That is the mean of those without it: the wrong end of the arrow.": (
        lambda z, h: z[~h].mean(0)
    ),
    "You took the mean of all away; it holds a part of those that have it, so the step is short.": (
        lambda z, h: z[h].mean(0) - z.mean(0)
    ),
    "You added the two means; a direction is their difference.": (
        lambda z, h: z[h].mean(0) + z[~h].mean(0)
    ),
    "You made its length 1; here one step leads from the one mean to the other.": (
        lambda z, h: F.normalize(_direction(z, h), dim=0)
    ),
    "You took sums; there are more pictures of one kind, so take means.": (
        lambda z, h: z[h].sum(0) - z[~h].sum(0)
    ),
    "You averaged over the latents; keep one number for each latent.": (
        lambda z, h: z[h].mean() - z[~h].mean()
    ),
    "You halved it: that ends midway between the two means.": lambda z, h: _direction(z, h) / 2,
    "You took medians; take means.": (lambda z, h: z[h].median(0).values - z[~h].median(0).values),
    "That is the mean of all pictures: `has` says which belong to which side.": (
        lambda z, h: z.mean(0)
    ),
    "The others count as zeros in your means: divide each sum by how many are in it.": (
        lambda z, h: (z * h[:, None]).mean(0) - (z * ~h[:, None]).mean(0)
    ),
    "One of your means is a single number; both need mean(0), one number for each latent.": (
        lambda z, h: z[h].mean(0) - z[~h].mean()
    ),
    "Your direction has lost its signs: a latent may fall, too.": lambda z, h: _direction(
        z, h
    ).abs(),
    "That is how long the direction is; give the direction itself.": (
        lambda z, h: _direction(z, h).norm()
    ),
    "That leads from one picture to one other; average over all of each kind.": (
        lambda z, h: z[h][0] - z[~h][0]
    ),
    "Whole numbers pick rows by place: keep `has` a tensor of True and False.": (
        lambda z, h: z[h.long()].mean(0) - z[1 - h.long()].mean(0)
    ),
    "You divided by the spread of the codes; a step is the difference as it is.": (
        lambda z, h: _direction(z, h) / z.std(0)
    ),
    "You took the mean of the others from that of all: only a part of the way.": (
        lambda z, h: z.mean(0) - z[~h].mean(0)
    ),
}


@exercise(
    "images/faces_and_scenes/direction",
    not_yet="Write the body of `direction(codes, has)` and return one number for each latent.",
    right="One step along it leads from the mean of the ones to the mean of the others.",
    hints=[
        "Two means and a minus. Which one comes first?",
        "codes[has] are the codes of the pictures that have it; ~has turns it round.",
        "codes[has].mean(0) - codes[~has].mean(0)",
    ],
)
def direction(answer) -> None:
    """The difference of two means of codes."""
    cases = [(CODES, HAS), (CODES[:7], HAS[:7])]
    try:
        same_on(answer, _direction, cases, mistakes=DIRECTION_MISTAKES)
    except Wrong as wrong:
        if "Two shapes do not fit" not in str(wrong):
            raise
        raise Wrong(
            "You subtract before both kinds are averaged over their pictures: 4 have it and 8 "
            "have not, so the two do not fit. Take mean(0) of each first."
        ) from wrong


BEFORE = torch.tensor(
    [[0.2, 0.5, 0.9, 0.4], [0.7, 0.1, 0.3, 0.6], [0.5, 0.0, 0.5, 0.5], [0.1, 0.8, 0.2, 0.9]]
)
AFTER = BEFORE + torch.tensor(
    [[0.6, 0.1, -0.3, 0.0], [0.2, 0.3, 0.05, 0.2], [-0.3, 0.14, 0.16, 0.1], [0.1, -0.5, 0.02, -0.4]]
)
BEFORE_5 = torch.tensor([[0.3, 0.9, 0.0, 0.6, 0.5], [0.8, 0.2, 0.15, 0.0, 0.1], [0.5] * 5])
AFTER_5 = BEFORE_5 + torch.tensor(
    [[0.2, 0.0, 0.14, -0.4, 0.05], [-0.1, 0.3, 0.0, 0.16, 0.7], [0.0, 0.0, -0.3, 0.1, 0.2]]
)


def _side(before: Tensor, after: Tensor, column: int) -> Tensor:
    moved = (after - before).abs() > 0.15
    keep = torch.arange(before.shape[1]) != column
    return moved[:, keep].float().mean()


SIDE_MISTAKES = {
    "The attribute that was asked for counts too: leave its column out.": (
        lambda b, a, k: ((a - b).abs() > 0.15).float().mean()
    ),
    "That is the attribute that was asked for alone; the question is about the others.": (
        lambda b, a, k: ((a - b).abs() > 0.15)[:, k].float().mean()
    ),
    "Attributes can fall, too: take the size of the difference.": (
        lambda b, a, k: ((a - b) > 0.15)[:, torch.arange(b.shape[1]) != k].float().mean()
    ),
    "That is how far they moved on average; count how many moved by more than 0.15.": (
        lambda b, a, k: (a - b).abs()[:, torch.arange(b.shape[1]) != k].mean()
    ),
    "That is the share that stayed.": lambda b, a, k: 1 - _side(b, a, k),
    "That is the share of pictures in which any other attribute moved; count attributes.": (
        lambda b, a, k: (
            ((a - b).abs() > 0.15)[:, torch.arange(b.shape[1]) != k].any(1).float().mean()
        )
    ),
    "You counted them; divide by how many there are.": (
        lambda b, a, k: ((a - b).abs() > 0.15)[:, torch.arange(b.shape[1]) != k].float().sum()
    ),
    "You left out the first column, whichever was asked for: leave out `column`.": (
        lambda b, a, k: ((a - b).abs() > 0.15)[:, 1:].float().mean()
    ),
    "You averaged over the pictures before you compared: ask of each entry whether it moved.": (
        lambda b, a, k: ((a - b).abs().mean(0) > 0.15)[torch.arange(b.shape[1]) != k].float().mean()
    ),
    "You left the asked one out above, and divided by all attributes below.": (
        lambda b, a, k: (
            ((a - b).abs() > 0.15)[:, torch.arange(b.shape[1]) != k].float().sum() / b.numel()
        )
    ),
    "Average over the pictures as well: one number.": (
        lambda b, a, k: ((a - b).abs() > 0.15)[:, torch.arange(b.shape[1]) != k].float().mean(1)
    ),
    "Average over the attributes as well: one number.": (
        lambda b, a, k: ((a - b).abs() > 0.15)[:, torch.arange(b.shape[1]) != k].float().mean(0)
    ),
    "That says of each entry whether it moved; the share is the mean of that.": (
        lambda b, a, k: ((a - b).abs() > 0.15)[:, torch.arange(b.shape[1]) != k]
    ),
    "You kept only the columns right of `column`; those left of it are others, too.": (
        lambda b, a, k: ((a - b).abs() > 0.15)[:, k + 1 :].float().mean()
    ),
    "You left out a picture: `column` is a place in the second direction.": (
        lambda b, a, k: ((a - b).abs() > 0.15)[torch.arange(len(b)) != k].float().mean()
    ),
    "You squared the difference: its size, not its square, is compared with 0.15.": (
        lambda b, a, k: ((a - b) ** 2 > 0.15)[:, torch.arange(b.shape[1]) != k].float().mean()
    ),
    "0.25 is what the success may miss; here an amount has moved beyond 0.15.": (
        lambda b, a, k: ((a - b).abs() > 0.25)[:, torch.arange(b.shape[1]) != k].float().mean()
    ),
    "That is how many moved in a picture; divide by how many others there are.": (
        lambda b, a, k: (
            ((a - b).abs() > 0.15)[:, torch.arange(b.shape[1]) != k].float().sum(1).mean()
        )
    ),
    "Two things are missing: attributes can fall, too, and the column asked for is left out.": (
        lambda b, a, k: (a - b > 0.15).float().mean()
    ),
    "That is how far the attribute asked for moved; count how many of the others did.": (
        lambda b, a, k: (a - b).abs()[:, k].mean()
    ),
    "You looked at the amounts afterwards alone: what moved is the difference to before.": (
        lambda b, a, k: (a > 0.15)[:, torch.arange(b.shape[1]) != k].float().mean()
    ),
    "You count every change; the reader errs a little, so only more than 0.15 counts.": (
        lambda b, a, k: (a != b)[:, torch.arange(b.shape[1]) != k].float().mean()
    ),
    "You divided by the amount before; 0.15 is of the whole range, whatever stood there.": (
        lambda b, a, k: ((a - b).abs() / b > 0.15)[:, torch.arange(b.shape[1]) != k].float().mean()
    ),
}


@exercise(
    "images/faces_and_scenes/side_effects",
    not_yet="Write the body of `side_effects(before, after, column)` and return one number.",
    right="What nobody asked for, and moved all the same.",
    hints=[
        "First decide for every entry of the table whether it moved.",
        "torch.arange(columns) != column keeps all columns but one.",
        "((after - before).abs() > 0.15)[:, keep].float().mean()",
    ],
)
def side_effects(answer) -> None:
    """Share of the other attributes that moved."""
    cases = [(BEFORE, AFTER, 0), (BEFORE, AFTER, 2), (BEFORE_5, AFTER_5, 3)]
    same_on(answer, _side, cases, mistakes=SIDE_MISTAKES)


def _carry(x: Tensor, old: Tensor, new: Tensor) -> Tensor:
    return (x + new - old).clamp(-1, 1)


CARRY_MISTAKES = {
    "The sum leaves [-1, 1] in places: a picture must be cut to that range.": (
        lambda x, old, new: x + new - old
    ),
    "You went the other way: add the new picture and take the old one from it.": (
        lambda x, old, new: _carry(x, new, old)
    ),
    "That is the decoder's picture; what it had lost stays lost. Add its change to x.": (
        lambda x, old, new: new
    ),
    "You cut the decoder's picture to its range; what it had lost stays lost. Start from x.": (
        lambda x, old, new: new.clamp(-1, 1)
    ),
    "That is x itself: add what changed.": lambda x, old, new: x,
    "You added the new picture; add only how it differs from the old one.": (
        lambda x, old, new: (x + new).clamp(-1, 1)
    ),
    "That is the change alone, without the picture it belongs to.": (
        lambda x, old, new: (new - old).clamp(-1, 1)
    ),
    "That averages x with the new picture: both details and edit are halved.": (
        lambda x, old, new: (x + new) / 2
    ),
    "You cut to [0, 1]; pictures lie in [-1, 1] here.": (
        lambda x, old, new: (x + new - old).clamp(0, 1)
    ),
    "That is what the decoder made of the old code: no edit, and the detail is lost.": (
        lambda x, old, new: old
    ),
    "You added the two decoded pictures and took x away; x comes with a plus, old with a minus.": (
        lambda x, old, new: (old + new - x).clamp(-1, 1)
    ),
    "You took half of the change; all of it was asked for.": (
        lambda x, old, new: (x + 0.5 * (new - old)).clamp(-1, 1)
    ),
    "You cut the change to [-1, 1]; cut the sum.": lambda x, old, new: x + (new - old).clamp(-1, 1),
    "tanh bends every value; only what leaves [-1, 1] is to be changed.": (
        lambda x, old, new: torch.tanh(x + new - old)
    ),
    "You divided by the largest value: the whole picture is fainter. Cut it off instead.": (
        lambda x, old, new: (x + new - old) / (x + new - old).abs().max()
    ),
    "You cut at black alone; white ends at 1, too.": (
        lambda x, old, new: (x + new - old).clamp(min=-1)
    ),
    "You cut at white alone; black ends at -1, too.": (
        lambda x, old, new: (x + new - old).clamp(max=1)
    ),
    "Your change has lost its sign: what grows darker must grow darker in x.": (
        lambda x, old, new: (x + (new - old).abs()).clamp(-1, 1)
    ),
    "You took x away from the new picture: the change is between the two decoded ones.": (
        lambda x, old, new: (new - x).clamp(-1, 1)
    ),
    "That is only what the decoder lost; the picture x and the change are missing.": (
        lambda x, old, new: (x - old).clamp(-1, 1)
    ),
}


def _blurred(x: Tensor) -> Tensor:
    """A decoder's picture, as it were: x without its finest detail."""
    return F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)


@exercise(
    "images/faces_and_scenes/carry",
    not_yet="Write the body of `carry(x, old, new)` and return the edited pictures.",
    right="What the code lost comes from x, what was asked for from the decoder.",
    hints=[
        "What does the decoder change? Two of the three pictures say it.",
        "Add new - old to x, and mind the range.",
        "(x + new - old).clamp(-1, 1)",
    ],
)
def carry(answer) -> None:
    """An edit of landscapes that keeps what the code lost."""
    day, autumn = (landscapes(2, season=season).x for season in ("summer", "autumn"))
    dry, night = (
        landscapes(3, sun=sun, generator=make_generator(3)).x - dark
        for sun, dark in ((0.9, 0.0), (-0.5, 0.6))
    )
    cases = [
        (day, _blurred(day), 1.3 * _blurred(autumn)),
        (dry, _blurred(dry), _blurred(night)),  # darker than black in places
    ]
    same_on(answer, _carry, cases, mistakes=CARRY_MISTAKES)


question(
    "images/faces_and_scenes/q1",
    "An editor turns every face into the same smiling face. Which number gives it away?",
    options={
        "a": ("The success.", "It is 1: each picture smiles as asked."),
        "b": ("The smile's own reading.", "That is what the success is made of."),
        "c": ("The share of other attributes that moved.", "Nothing of the face is left."),
    },
    answer="c",
)

question(
    "images/faces_and_scenes/q2",
    "Two codes differ by one step along a direction that was found with labels of glasses. The "
    "hair turns grey as well. What do you look at first?",
    options={
        "a": (
            "How often glasses go with grey hair in the labels.",
            "A difference of means holds everything in which the two groups differ.",
        ),
        "b": (
            "The learning rate with which the model was trained.",
            "It may matter, but the groups' means explain it already.",
        ),
        "c": ("The number of labels.", "More of the same pictures show the same difference."),
    },
    answer="a",
)

question(
    "images/faces_and_scenes/q3",
    "A decoder is told the glasses, and changing them changes nothing. What is the likely cause?",
    options={
        "a": ("The reader is wrong.", "It names glasses of drawn faces without a mistake."),
        "b": (
            "The code says glasses too, so the label is not needed.",
            "Then the decoder need not listen to what it is told.",
        ),
        "c": ("The code is too short.", "A short code has less room for what is told anyway."),
    },
    answer="b",
)

question(
    "images/faces_and_scenes/q4",
    "Why is the reader's own error on edits drawn by the program stated beside an editor's?",
    options={
        "a": ("Even a faultless editor shows it.", "What the reader gets wrong, counts."),
        "b": (
            "To make the editor's own error look smaller.",
            "It is not subtracted from anything.",
        ),
        "c": (
            "Because it is zero, so that every side effect is real.",
            "It is small, but not zero.",
        ),
    },
    answer="a",
)

question(
    "images/faces_and_scenes/q5",
    "In a training set all people with glasses are grey. You get ten times as many faces of the "
    "same kind. What becomes of the edit?",
    options={
        "a": ("It learns to tell the two apart.", "Nothing in the data ever does."),
        "b": ("It fails altogether.", "It still puts glasses on; the hair comes with them."),
        "c": ("Nothing much.", "A few faces with glasses and brown hair would do more."),
    },
    answer="c",
)
