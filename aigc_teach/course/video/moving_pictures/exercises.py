"""Exercises and questions of the lesson on moving pictures."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ....core import make_generator
from ....lab.checkers import same_on
from ....lab.register import exercise, question

_g = make_generator(4)
INKS = [torch.rand(h, w, generator=_g).square() for h, w in ((5, 8), (6, 8), (5, 7))]
INKS[1][:, :4] = 0.0
INKS[2][3:] = 0.0


def _centre(ink: Tensor) -> Tensor:
    ink = ink.double()
    rows, columns = torch.arange(ink.shape[0]).double(), torch.arange(ink.shape[1]).double()
    return torch.stack([ink.sum(1) @ rows, ink.sum(0) @ columns]) / ink.sum()


CENTRE_MISTAKES = {
    "Row and column are exchanged: the row comes first.": lambda x: _centre(x).flip(0),
    "Divide by the ink of the whole frame; a middle lies inside the frame.": (
        lambda x: _centre(x) * x.sum()
    ),
    "You divided by the number of pixels; divide by their ink.": (
        lambda x: _centre(x) * x.sum() / x.numel()
    ),
    "You counted from 1; the first row and the first column are number 0.": (
        lambda x: _centre(x) + 1
    ),
    "That is the brightest pixel; the middle weighs all of them.": lambda x: torch.stack(
        [x.argmax() // x.shape[1], x.argmax() % x.shape[1]]
    ).double(),
    "Those are the middle of the frame; weigh each place by its ink.": (
        lambda x: torch.tensor([(x.shape[0] - 1) / 2, (x.shape[1] - 1) / 2]).double()
    ),
    "Those are the fullest row and the fullest column; the middle weighs all of them.": (
        lambda x: torch.stack([x.sum(1).argmax(), x.sum(0).argmax()]).double()
    ),
    "Every place with ink counts the same there; weigh each by how much ink it holds.": (
        lambda x: (x > 0).nonzero().double().mean(0)
    ),
    "You took the mean over rows and columns; add up, and divide by all the ink.": (
        lambda x: _centre(x) * x.sum() / torch.tensor(x.shape)
    ),
    "You give shares of the frame, from 0 to 1; give numbers of row and column.": (
        lambda x: _centre(x) / (torch.tensor(x.shape) - 1)
    ),
}


@exercise(
    "video/moving_pictures/centre",
    not_yet="Write the body of `middle(ink)` and return two numbers, row and column.",
    right="It is how the state is read off a frame: from pixels to a place.",
    hints=[
        "A mean of row numbers, each row weighted by how much ink it holds.",
        "ink.sum(1) is the ink of each row; torch.arange(len(ink)) are their numbers.",
        "torch.stack([(ink.sum(1) * torch.arange(ink.shape[0])).sum(), (ink.sum(0) * "
        "torch.arange(ink.shape[1])).sum()]) / ink.sum()",
    ],
)
def centre(answer) -> None:
    """The centre of mass of one frame's ink, row and column."""
    same_on(answer, _centre, [(ink,) for ink in INKS], mistakes=CENTRE_MISTAKES)


_g = make_generator(6)
FUTURES = [torch.rand(k, 3, 4, generator=_g) * 2 - 1 for k in (2, 3, 4)]
SHARES = [torch.tensor(s) for s in ([0.5, 0.5], [0.2, 0.7, 0.1], [0.1, 0.25, 0.25, 0.4])]


def _guess(futures: Tensor, shares: Tensor) -> Tensor:
    return (futures.double() * shares.double()[:, None, None]).sum(0)


GUESS_MISTAKES = {
    "You took the most likely future. It is sharp, and its expected squared error is larger.": (
        lambda f, p: f[p.argmax()].double()
    ),
    "All futures weigh alike there; weigh each by its share.": lambda f, p: f.double().mean(0),
    "The shares add up to 1 already; do not divide again.": (lambda f, p: _guess(f, p) / len(p)),
    "That is the middle value of each pixel, which absolute error asks for, not squared error.": (
        lambda f, p: f.double().median(0).values
    ),
    "That adds the futures up without their shares.": lambda f, p: f.double().sum(0),
    "Those are the futures, each times its share; add them up.": (
        lambda f, p: f.double() * p.double()[:, None, None]
    ),
    "The shares are probabilities already: a softmax changes them.": (
        lambda f, p: _guess(f, p.double().softmax(0))
    ),
    "That is the first of the futures, whatever its share.": (lambda f, p: f[0].double()),
}


@exercise(
    "video/moving_pictures/guess",
    not_yet="Write the body of `best_guess(futures, shares)` and return one frame.",
    right="The mean: a frame that none of the futures shows.",
    hints=[
        "Which number m makes p1 (a - m)^2 + p2 (b - m)^2 smallest? Set the derivative to 0.",
        "The mean, weighted by the shares. shares[:, None, None] has a share for each frame.",
        "(futures * shares[:, None, None]).sum(0)",
    ],
)
def guess(answer) -> None:
    """The frame of smallest expected squared error."""
    cases = list(zip(FUTURES, SHARES, strict=True))
    same_on(answer, _guess, cases, mistakes=GUESS_MISTAKES)


# rows and columns of a picture's corner, frame by frame
PATHS = [
    [[4, 4], [6, 5], [8, 6], [10, 7], [8, 8], [6, 9]],
    [[9, 9], [9, 8], [9, 7], [9, 6], [9, 5]],
    [[2, 0], [1, 2], [0, 4], [1, 6], [2, 8], [3, 10], [4, 12]],
    [[5, 5], [3, 3], [1, 1], [3, 3], [5, 4], [7, 5], [5, 6]],
    [[4, 6], [2, 4], [0, 2], [2, 0], [4, 2], [6, 4], [4, 2]],
    [[6, 3], [6, 5], [4, 7], [2, 9], [4, 11]],  # level at first: that is no turn
]
PATHS = [torch.tensor(path, dtype=torch.float64) for path in PATHS]


def _bounces(where: Tensor) -> Tensor:
    step = where.double().diff(dim=0).sign()
    return (step[1:] * step[:-1] < 0).any(1).double().sum()


def _both(where: Tensor) -> Tensor:
    step = where.double().diff(dim=0).sign()
    return (step[1:] * step[:-1] < 0).double().sum()


BOUNCES_MISTAKES = {
    "A picture that meets a corner turns in both directions at once; count that once.": _both,
    "That is the number of frames before the first turn; count the turns.": lambda w: (
        (w.diff(dim=0)[1:] * w.diff(dim=0)[:-1] < 0).any(1).double().argmax().double()
    ),
    "A change of speed is no bounce: the speed must change its sign.": lambda w: (
        (w.diff(n=2, dim=0) != 0).any(1).double().sum()
    ),
    "You looked at the rows alone; a side wall turns the columns.": lambda w: _bounces(w[:, :1]),
    "You looked at the columns alone; floor and ceiling turn the rows.": (
        lambda w: _bounces(w[:, 1:])
    ),
    "That is the share of the frames; give the number of turns.": (
        lambda w: _bounces(w) / (len(w) - 2)
    ),
    "Level flight that begins or ends is no turn: ask for a product below 0.": (
        lambda w: (w.diff(dim=0).sign().diff(dim=0) != 0).any(1).double().sum()
    ),
    "A product of 0 means that nothing moved in this direction; a turn has one below 0.": (
        lambda w: (w.diff(dim=0)[1:] * w.diff(dim=0)[:-1] <= 0).any(1).double().sum()
    ),
    "You added the two directions up before you looked at the sign: look at each for itself.": (
        lambda w: ((w.diff(dim=0)[1:] * w.diff(dim=0)[:-1]).sum(1) < 0).double().sum()
    ),
    "A turn in one direction is enough: any, not all.": (
        lambda w: (w.diff(dim=0)[1:] * w.diff(dim=0)[:-1] < 0).all(1).double().sum()
    ),
    "Those are the turns of rows and of columns apart; count the frames that have one of them.": (
        lambda w: (w.diff(dim=0)[1:] * w.diff(dim=0)[:-1] < 0).double().sum(0)
    ),
    "You say of each frame whether it turns; give the number of turns.": (
        lambda w: (w.diff(dim=0)[1:] * w.diff(dim=0)[:-1] < 0).any(1)
    ),
    "You counted steps up or to the left; at a turn the sign is another than before.": (
        lambda w: (w.diff(dim=0) < 0).any(1).double().sum()
    ),
    "You counted frames at the path's edges. It begins and ends there, too, without a turn.": (
        lambda w: ((w == w.amin(0)) | (w == w.amax(0))).any(1).double().sum()
    ),
}


@exercise(
    "video/moving_pictures/bounces",
    not_yet="Write the body of `bounces(where)` and return one number.",
    right="Read off the places, and not off the pixels: that is what scoring the state means.",
    hints=[
        "where.diff(dim=0) is the speed from frame to frame. What does it do at a wall?",
        "A product of two neighbours below 0 says that the sign changed.",
        "step = where.diff(dim=0); (step[1:] * step[:-1] < 0).any(1).sum()",
    ],
)
def bounces(answer) -> None:
    """In how many frames of a path at least one direction turns round."""
    same_on(answer, _bounces, [(path,) for path in PATHS], mistakes=BOUNCES_MISTAKES)


_g = make_generator(9)
LATES = {3: 30, -2: 30, 0: 25, 5: 40, 7: 30, -7: 40, 6: 30, -6: 30}  # 7 is out of reach
LOUD = [torch.rand(n, generator=_g) for n in LATES.values()]
MOUTHS = [
    0.1 * torch.rand(len(x), generator=_g) + x.roll(k) for x, k in zip(LOUD, LATES, strict=True)
]
# a voice that swells and never stops: products are largest where most frames overlap
LOUD.append(0.6 + torch.linspace(0, 0.8, 40) + 0.2 * torch.rand(40, generator=_g))
MOUTHS.append(0.1 + 0.3 * LOUD[-1].roll(4))
# what the mouth did before is not what the sound does at its end
LOUD.append(torch.rand(16, generator=_g))
MOUTHS.append(torch.cat([1 - LOUD[-1][-6:], LOUD[-1][:-6]]))
# a mouth that also closes where the sound was loud four frames later
LOUD.append(torch.rand(40, generator=_g))
MOUTHS.append(0.6 * LOUD[-1].roll(2) - LOUD[-1].roll(-4))
PAIRS = list(zip(MOUTHS, LOUD, strict=True))
MOST = 6


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    return torch.corrcoef(torch.stack([a, b]))[0, 1]


def _at_lags(mouth: Tensor, loud: Tensor, measure: Callable, most: int = MOST) -> Tensor:
    """A measure of what lies over each other, at each lag from -most to most."""
    found = []
    for lag in range(-most, most + 1):
        a, b = mouth.double()[max(lag, 0) :], loud.double()[max(-lag, 0) :]
        n = min(len(a), len(b))
        found.append(measure(a[:n], b[:n]))
    return torch.stack(found)


def _correlations(mouth: Tensor, loud: Tensor) -> Tensor:
    return _at_lags(mouth, loud, _correlation)


def _late(mouth: Tensor, loud: Tensor) -> int:
    return int(_correlations(mouth, loud).argmax()) - MOST


LATE_MISTAKES = {
    "The sign is wrong: a mouth that comes after its sound is late, above 0.": (
        lambda m, x: -_late(m, x)
    ),
    "That is a place in the list of lags; the list begins at -6, so take 6 away.": (
        lambda m, x: _late(m, x) + MOST
    ),
    "That is the correlation at the best lag; give the lag.": (
        lambda m, x: _correlations(m, x).max()
    ),
    "A sound that is late is to be found as well: look at lags below 0, too.": (
        lambda m, x: _correlations(m, x)[MOST:].argmax().double()
    ),
    "That is the lag at which they are least alike.": (
        lambda m, x: (_correlations(m, x).argmin() - MOST).double()
    ),
    "You compared where each is largest. One loud frame is not the whole course.": (
        lambda m, x: (m.argmax() - x.argmax()).double()
    ),
    "Those are sums of products, which are largest where most overlaps: take correlations.": (
        lambda m, x: (_at_lags(m, x, torch.dot).argmax() - MOST).double()
    ),
    "You turned the row round: its end is not followed by its beginning. Cut the ends off.": (
        lambda m, x: (
            torch.stack([_correlation(m.roll(-k), x) for k in range(-MOST, MOST + 1)]).argmax()
            - MOST
        ).double()
    ),
    "The last lag is missing: range(-6, 6) ends at 5.": (
        lambda m, x: (_correlations(m, x)[:-1].argmax() - MOST).double()
    ),
    "You looked farther than 6 frames either way.": (
        lambda m, x: (_at_lags(m, x, _correlation, 10).argmax() - 10).double()
    ),
    "A mouth that closes when it grows loud does not follow: take the highest, with its sign.": (
        lambda m, x: (_correlations(m, x).abs().argmax() - MOST).double()
    ),
    "Loudness and opening have scales of their own: correlate, do not subtract.": (
        lambda m, x: (_at_lags(m, x, lambda a, b: (a - b).square().mean()).argmin() - MOST).double()
    ),
    "Those are seconds; give frames.": (lambda m, x: _late(m, x) / 25),
    "The sign says which of the two is late: keep it.": (lambda m, x: abs(_late(m, x))),
}


@exercise(
    "video/moving_pictures/late",
    not_yet="Write the body of `late(mouth, loud)` and return a whole number of frames.",
    right="A mouth two frames late is 80 ms at 25 frames a second: some viewers notice.",
    hints=[
        "Cut one frame off the front of the mouth and one off the end of the sound: lag 1.",
        "For each lag from -6 to 6: a = mouth[max(lag, 0):], b = loud[max(-lag, 0):], both cut to "
        "the shorter; torch.corrcoef(torch.stack([a, b]))[0, 1].",
        "found = {}; for lag in range(-6, 7): a, b = mouth[max(lag, 0):], loud[max(-lag, 0):]; n = "
        "min(len(a), len(b)); found[lag] = torch.corrcoef(torch.stack([a[:n], b[:n]]))[0, 1]; then "
        "max(found, key=found.get)",
    ],
)
def late(answer) -> None:
    """By how many frames, from -6 to 6, the mouth is behind the sound."""
    same_on(answer, _late, PAIRS, mistakes=LATE_MISTAKES)


question(
    "video/moving_pictures/q1",
    "A film shows a ball that goes left or right, each in half of the cases. A network that was "
    "trained on squared error has learnt all there is. What does it show?",
    options={
        "a": ("One of the two, drawn by a coin.", "Its expected squared error is twice as large."),
        "b": ("Half a ball on each side.", "The mean of the futures has the least squared error."),
        "c": ("Nothing at all.", "An empty frame costs as much as one ball; the mean costs less."),
    },
    answer="b",
)

question(
    "video/moving_pictures/q2",
    "The guesses of the next frame from true frames are nearly exact. What do you know of the "
    "same network after 20 frames on its own?",
    options={
        "a": ("That it is nearly exact there, too.", "Its inputs are others by then: its own."),
        "b": ("Nothing yet.", "Let it run, and score place and identity against the horizon."),
        "c": (
            "That its error is twenty times as large.",
            "Errors need not add up: they may grow faster, or not at all.",
        ),
    },
    answer="b",
)

question(
    "video/moving_pictures/q3",
    "Constant speed beats your network for the first five frames. What does that say?",
    options={
        "a": (
            "That nothing has turned yet.",
            "A straight path is what that guess assumes; look at the frames after a wall.",
        ),
        "b": (
            "That the network learnt nothing.",
            "It may know of walls, which the guess does not.",
        ),
        "c": (
            "That five frames are too few to train on.",
            "It was trained on more; the question is which frames are easy.",
        ),
    },
    answer="a",
)

question(
    "video/moving_pictures/q4",
    "Why is the place read off the frames, when the error in pixels is known?",
    options={
        "a": (
            "Because a place is easier to compute than an error.",
            "It takes a reader, which has its own error.",
        ),
        "b": (
            "Because one error in pixels can be a right film or a wrong one.",
            "A sharp digit one pixel off costs as much as a faint one in the right place.",
        ),
        "c": ("Because pixels cannot be compared across frames.", "They can, and the page does."),
    },
    answer="b",
)

question(
    "video/moving_pictures/q5",
    "Mouth and loudness correlate best when the mouth is moved two frames earlier. What is wrong?",
    options={
        "a": ("The mouth is two frames late.", "To fit, it has to begin sooner."),
        "b": ("The sound is two frames late.", "Then the mouth would have to wait for it."),
        "c": (
            "Nothing: mouths move before they sound.",
            "These open by the loudness of the same moment.",
        ),
    },
    answer="a",
)
