"""Exercises and questions of the lesson on a model, pictures and batches of one's own."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from ...core import GenerativeModel, check_contract, make_generator
from ...lab.checkers import NotYet, Wrong, call, close, function, require, same_on
from ...lab.limit import TimeIsUp
from ...lab.register import exercise, question
from ...lab.words import error_text

# --- transparent pictures


def _lay(rgba: Tensor, ground: float) -> Tensor:
    colour, alpha = 2 * rgba[:, :3] - 1, rgba[:, 3:]
    return alpha * colour + (1 - alpha) * ground


def _rgba(n: int, side: int, seed: int) -> Tensor:
    """Pictures in [0, 1] with alpha 0 and 1 among the values, ``[n, 4, side, side]``."""
    x = torch.rand(n, 4, side, side, generator=make_generator(seed))
    x[:, 3, 0] = 0.0
    x[:, 3, 1] = 1.0
    return x


LAY_MISTAKES = {
    "Your picture is still in [0, 1]: the package means [-1, 1].": (
        lambda x, g: x[:, 3:] * x[:, :3] + (1 - x[:, 3:]) * g
    ),
    "Alpha was scaled to [-1, 1] as well; it is a share, and stays in [0, 1].": (
        lambda x, g: (2 * x[:, 3:] - 1) * (2 * x[:, :3] - 1) + (2 - 2 * x[:, 3:]) * g
    ),
    "The ground was scaled as well: it is given in [-1, 1] already.": (
        lambda x, g: x[:, 3:] * (2 * x[:, :3] - 1) + (1 - x[:, 3:]) * (2 * g - 1)
    ),
    "You left alpha out: what is transparent shows its hidden colour.": (
        lambda x, g: 2 * x[:, :3] - 1
    ),
    "The ground is missing: what is transparent comes out as 0, a middle grey.": (
        lambda x, g: x[:, 3:] * (2 * x[:, :3] - 1)
    ),
    "You laid it on black before scaling: that forgets the ground.": (
        lambda x, g: 2 * x[:, 3:] * x[:, :3] - 1
    ),
    "The two shares are swapped: alpha = 1 means that the picture covers the ground.": (
        lambda x, g: (1 - x[:, 3:]) * (2 * x[:, :3] - 1) + x[:, 3:] * g
    ),
    "The colours came in [0, 1], not in bytes: 2 * colour - 1 brings them to [-1, 1].": (
        lambda x, g: x[:, 3:] * (x[:, :3] / 127.5 - 1) + (1 - x[:, 3:]) * g
    ),
    "The ground takes its share, but the picture does not: multiply the colours by alpha.": (
        lambda x, g: 2 * x[:, :3] - 1 + (1 - x[:, 3:]) * g
    ),
    "Alpha is a share, not a yes or no: what half covers shows half of each.": (
        lambda x, g: torch.where(x[:, 3:] > 0.5, 2 * x[:, :3] - 1, torch.tensor(float(g)))
    ),
    "The result was cut to [0, 1]: it is a picture in [-1, 1], so leave the clamp out.": (
        lambda x, g: _lay(x, g).clamp(0, 1)
    ),
    "You laid it on white whatever `ground` says: use the ground that is given.": (
        lambda x, g: _lay(x, 1.0)
    ),
    "Alpha is the last channel, rgba[:, 3:]; you took the first for it.": (
        lambda x, g: x[:, :1] * (2 * x[:, 1:] - 1) + (1 - x[:, :1]) * g
    ),
    "The whole ground was added: only the share 1 - alpha of it shows.": (
        lambda x, g: x[:, 3:] * (2 * x[:, :3] - 1) + g
    ),
}


@exercise(
    "models/your_own_model_and_pictures/lay",
    not_yet="Write the body of `lay(rgba, ground)` and return a tensor [N, 3, H, W].",
    right="What covers shows itself, what is transparent shows the ground.",
    hints=[
        "Channel 3 is alpha, the share of the picture in what you see; 1 - alpha is the ground's.",
        "First bring the colours to [-1, 1]: 2 * rgba[:, :3] - 1. The ground is there already.",
        "alpha = rgba[:, 3:] keeps its axis, so it fits all three colours: "
        "alpha * colour + (1 - alpha) * ground.",
    ],
)
def lay(answer) -> None:
    """Pictures with alpha, laid on a ground: [N, 4, H, W] in [0, 1] -> [N, 3, H, W] in [-1, 1]."""
    cases = [(_rgba(2, 4, 0), 1.0), (_rgba(3, 3, 1), -0.5)]
    same_on(answer, _lay, cases=cases, mistakes=LAY_MISTAKES)


# --- batches without end


class Loader:
    """Gives batches that say from which epoch they are: epoch k, batch j is ``10 k + j``."""

    def __init__(self, batches: int):
        self.batches, self.begun = batches, 0

    def __len__(self) -> int:
        return self.batches

    def __iter__(self):
        self.begun += 1
        return (torch.tensor([10 * self.begun + j]) for j in range(self.batches))


def _drawn(answer, loader, n: int) -> list[int]:
    """The first `n` batches of the answer's iterator, as numbers; fewer if it ends."""
    try:
        given = function(answer)(loader)
        if given is None:
            raise NotYet("Your function gives None: `yield` the batches, one after the other.")
        require(
            not isinstance(given, Tensor),
            "You returned one batch: `yield` it in place of `return`, and go on with the next.",
        )
        found = [*itertools.islice(iter(given), n)]
    except (Wrong, NotYet, TimeIsUp, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise Wrong(f"Your function stopped with {error_text(error)}{_why(error)}") from error
    for batch in found:
        require(
            isinstance(batch, Tensor) and batch.shape == (1,),
            f"Your iterator gave a {type(batch).__name__} where a batch was meant: yield each "
            "batch as the loader gives it.",
        )
    return [int(batch) for batch in found]


def _why(error: BaseException) -> str:
    """What to change, for the two errors that this exercise invites."""
    if "StopIteration" in str(error):
        return ". An epoch came to its end and next() had no more: begin the loader with a `for`."
    if "subscriptable" in str(error):
        return ". A loader has no numbered places: go through it with `for batch in loader`."
    return ""


def _order(found: list[int], right: list[int], batches: int) -> str:
    """What to change, where batches come in a wrong order."""
    if max(found) // 10 > len(right) // batches:
        return " Some epochs are begun and not given: go through the loader once an epoch."
    if sorted(found) == right:
        return " Keep the loader's own order: it has shuffled them already."
    if len({*found}) < len(found):
        return " Some came twice: one `yield` a batch is enough."
    return ""


@exercise(
    "models/your_own_model_and_pictures/endless",
    not_yet="Write the body of `endless(loader)`: it yields batches, and never ends.",
    right="Every epoch is a new walk through the loader, with a new order, and nothing is kept.",
    hints=[
        "A function with `yield` in it is an iterator. What gives one epoch?",
        "`for batch in loader: yield batch` gives one epoch, and each such loop begins a new one.",
        "Put `while True:` around that loop.",
    ],
)
def endless(answer) -> None:
    """A loader's batches without end, every epoch begun anew."""
    for batches in (3, 2):
        loader = Loader(batches)
        found = _drawn(answer, loader, 3 * batches)
        right = [10 * k + j for k in (1, 2, 3) for j in range(batches)]
        if found == right:
            require(
                loader.begun == 3,
                f"For 3 epochs you began {loader.begun}: batches are drawn ahead and kept, or "
                "thrown away.",
            )
            continue
        require(found != right[:batches], "It ends after one epoch: begin the next one.")
        require(len(found) == len(right), f"It ends after {len(found)} batches; it never should.")
        require(
            found != right[:batches] * 3,
            "The first epoch comes again and again, its order and its augmentations frozen: go "
            "through the loader anew, with a new `for`.",
        )
        require(
            any(number % 10 for number in found),
            "Each time you begin the loader anew and take its first batch: the others never come.",
        )
        shown = ", ".join(f"{n // 10}.{n % 10}" for n in found)
        raise Wrong(
            f"As epoch.batch you gave {shown}; each epoch should come whole, in order."
            f"{_order(found, right, batches)}"
        )


# --- a model of one's own

POINTS = torch.tensor([[0.5, -1.0], [2.0, 0.3], [-0.7, 1.1], [0.2, 0.4]])
MEAN, LOGVAR = torch.tensor([0.4, -0.3]), torch.tensor([0.6, -0.8])


def _nll(x: Tensor, mean: Tensor, logvar: Tensor) -> Tensor:
    squares = (x - mean) ** 2 / logvar.exp()
    return 0.5 * (squares + logvar + math.log(2 * math.pi)).sum(1).mean()


def _model(answer):
    """A model of the answer's class with the weights of the check."""
    model = call(answer)
    require(
        isinstance(model, GenerativeModel),
        "Cloud() must be a GenerativeModel: leave the class's first line as it is.",
    )
    require(
        {name: w.tolist() for name, w in model.named_parameters()}
        == {"mean": [0, 0], "logvar": [0, 0]},
        "Leave __init__ as it is: two weights, mean and logvar, of two zeros each.",
    )
    with torch.no_grad():
        model.mean.copy_(MEAN)
        model.logvar.copy_(LOGVAR)
    return model


def _yields_points(model: GenerativeModel) -> None:
    """What the contract's clauses would name in words that are further from the mistake."""
    given = call(lambda: model.trajectory(9, generator=make_generator(1)))
    require(
        not isinstance(given, Tensor),
        "trajectory returns a tensor: `yield` it. A trajectory is gone through step by step, and "
        "yours has one step.",
    )
    x = call(lambda: [*given][-1])
    require(
        isinstance(x, Tensor),
        f"trajectory yields a {type(x).__name__}: yield a tensor, drawn by standard_normal(...).",
    )
    if x.shape != (9, 2):
        return  # the contract says so
    x = call(lambda: model.sample(20_000, generator=make_generator(1)))
    require(
        not torch.allclose(x.std(0), LOGVAR.abs(), rtol=0.02),
        "The samples' spread is logvar itself: scale the noise by exp(logvar / 2).",
    )


@exercise(
    "models/your_own_model_and_pictures/cloud",
    not_yet="Write the bodies of `loss` and `trajectory` of the class `Cloud`.",
    right="A model that keeps every clause, and whose samples have its mean and its spread.",
    hints=[
        "loss: check_choice first. The density of one coordinate is that of N(mean, exp(logvar)); "
        "add -log of it over the two coordinates, and average over the batch.",
        "-log N = 1/2 ((x - mean)^2 / exp(logvar) + logvar + log 2 pi). Return Loss(total, {}).",
        "trajectory: refuse_condition first; then eps = standard_normal(n, 2, like=self.mean, "
        "generator=generator), and yield mean + (0.5 * logvar).exp() * eps.",
    ],
)
def cloud(answer) -> None:
    """A Gaussian cloud of points in the plane, as a GenerativeModel."""
    require(
        not isinstance(answer, nn.Module),
        "Give the class itself, Cloud, without brackets after it.",
    )
    model = _model(answer)
    loss = call(lambda: model.loss(POINTS.clone(), generator=make_generator(0)))
    require(hasattr(loss, "total"), "loss must return Loss(total, {}).")
    require(
        isinstance(loss.parts, dict),
        "The second part of Loss(total, parts) is a dict of named numbers; an empty {} will do.",
    )
    total = loss.total
    want = _nll(POINTS, MEAN, LOGVAR)
    half = 0.5 * ((POINTS - MEAN) ** 2 / LOGVAR.exp() + LOGVAR)  # [N, 2], without the constant
    spread = ((POINTS - MEAN) ** 2 / (2 * LOGVAR)).sum(1).mean()
    squares, constant = (POINTS - MEAN) ** 2, math.log(2 * math.pi)
    mistakes = {
        "The constant log 2 pi is missing: without it, it is no density.": half.sum(1).mean(),
        "Average over the batch, and add over the coordinates: you averaged over both.": want / 2,
        "Add over the coordinates, and average over the batch: you added over both.": 4 * want,
        "The factor 1/2 is missing.": 2 * want,
        "The sign is wrong: that is the likelihood; the loss is minus its logarithm.": -want,
        "The term logvar is missing: a wider cloud would cost nothing.": (
            want - 0.5 * LOGVAR.sum()
        ),
        "logvar is a logarithm: divide by exp(logvar).": (
            spread + 0.5 * LOGVAR.sum() + math.log(2 * math.pi)
        ),
        "That is the squared error alone: divide it by exp(logvar), halve it, and add "
        "1/2 (logvar + log 2 pi).": squares.sum(1).mean(),
        "That is half the squared error alone: divide it by exp(logvar), and add "
        "1/2 (logvar + log 2 pi).": 0.5 * squares.sum(1).mean(),
        "exp(logvar) is the variance, and you took it for the deviation: the deviation is "
        "exp(logvar / 2).": (0.5 * squares / (2 * LOGVAR).exp() + LOGVAR + constant / 2)
        .sum(1)
        .mean(),
        "The constant is log(2 pi), and you have log(pi).": want - math.log(2),
        "That is a VAE's KL divergence of the weights from N(0, 1), and the batch is not in it: "
        "-log of the density of each point is asked for.": (
            -0.5 * (1 + LOGVAR - MEAN**2 - LOGVAR.exp()).sum()
        ),
    }
    require(
        isinstance(total, Tensor) and total.requires_grad,
        "The total must be a tensor computed from mean and logvar, without .item() or no_grad.",
    )
    require(
        not bool(torch.isnan(total).any()),
        "Your total is NaN: logvar may be below 0, so take no log and no root of it. It is a "
        "logarithm already, and the variance is exp(logvar).",
    )
    close(total, want, mistakes=mistakes, what="Your total")
    mean, logvar = (w.clone().requires_grad_() for w in (MEAN, LOGVAR))
    right = torch.autograd.grad(_nll(POINTS, mean, logvar), [mean, logvar])
    mine = torch.autograd.grad(total, [model.mean, model.logvar], allow_unused=True)
    for name, got, one in zip(("mean", "logvar"), mine, right, strict=True):
        require(
            got is not None and torch.allclose(got, one, atol=1e-4),
            f"The total is right, but its gradient for {name} is not: a detach() or .data cuts it.",
        )
    _yields_points(model)
    found = check_contract(answer, POINTS)
    for clause, told in found.items():
        require(told == "kept", f"The contract asks: {clause}. {told}")
    x = call(lambda: model.sample(20_000, generator=make_generator(1)))
    close(
        x.mean(0),
        MEAN,
        atol=0.05,
        mistakes={"The samples lie around 0: add the mean to them.": torch.zeros(2)},
        what="The mean of 20,000 samples",
    )
    close(
        x.std(0),
        (0.5 * LOGVAR).exp(),
        rtol=0.02,  # four standard errors
        mistakes={
            "The samples' spread is the variance exp(logvar); its root is meant.": LOGVAR.exp(),
            "The samples' spread is 1: scale the noise by exp(logvar / 2).": torch.ones(2),
        },
        what="The spread of 20,000 samples",
    )
    require(
        abs(float(torch.corrcoef(x.T)[0, 1])) < 0.05,
        "Both coordinates of a point hang together: draw two numbers a point, [n, 2], not one.",
    )


question(
    "models/your_own_model_and_pictures/q1",
    "Your model's trajectory calls torch.randn(n, 2) and ignores `generator`. What breaks?",
    options={
        "a": ("The training: no gradient passes.", "Gradients do not care where noise is from."),
        "b": (
            "Nothing: the seed of the notebook is set, and all draws come from it.",
            "Only until one more draw is made.",
        ),
        "c": (
            "Nothing can be repeated: two samples from one seed differ.",
            "The training itself runs, and check_contract says what is broken.",
        ),
    },
    answer="c",
)

question(
    "models/your_own_model_and_pictures/q2",
    "A folder of phone pictures trains a model that paints faces lying on their side. Why?",
    options={
        "a": (
            "The reader ignored the EXIF note on how to hold the picture.",
            "The file holds the turned pixels; the note says how to turn them back.",
        ),
        "b": ("The network needs more layers.", "It paints what it was shown."),
        "c": ("The pictures were not square.", "That crops or squeezes; it does not turn."),
    },
    answer="a",
)

question(
    "models/your_own_model_and_pictures/q3",
    "You train for 50 epochs over 200 pictures with random crops, through itertools.cycle of a "
    "DataLoader. How many different crops does the network see?",
    options={
        "a": ("10,000.", "That is what a loader begun anew gives."),
        "b": ("200.", "cycle keeps what the first epoch gave, and repeats it."),
        "c": ("It depends on shuffle=True.", "The shuffled order is frozen with the rest."),
    },
    answer="b",
)

question(
    "models/your_own_model_and_pictures/q4",
    "Five critic turns a step, and weights are cut only at the end of each step. What differs "
    "from the paper's algorithm?",
    options={
        "a": (
            "Nothing: before the next step they are in range again.",
            "Look at who moves before they are.",
        ),
        "b": (
            "The generator's weights are cut too, by the same call.",
            "Only the named player is.",
        ),
        "c": (
            "Most turns: they begin with weights out of range.",
            "Four of the critic's and the generator's own. Algorithm 1 cuts after every turn; "
            "on_turn does, on_step would not.",
        ),
    },
    answer="c",
)

question(
    "models/your_own_model_and_pictures/q5",
    "The samples of your loop look good, and train.watch reports that the generator's optimizer "
    "moves the critic as well. What do you do?",
    options={
        "a": (
            "Mend it: each optimizer gets the parameters of one network.",
            "Good samples are no proof: on some seeds the faulty loop's were as near to the data.",
        ),
        "b": ("Nothing: the samples are good.", "With other rates or data the fault may do harm."),
        "c": (
            "Give the critic more turns.",
            "That may hide it; the critic is still pushed against its task once a step.",
        ),
    },
    answer="a",
)
