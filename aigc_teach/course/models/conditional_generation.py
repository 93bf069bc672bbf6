"""Exercises and questions of the lesson on conditional generation."""

from __future__ import annotations

import torch
from torch import Tensor

from ...lab.checkers import call, function, require, same_gradients, same_on
from ...lab.register import exercise, question

Z = torch.tensor([[0.5, -1.0], [2.0, 0.3], [-0.7, 1.1]])
RECIPE = torch.tensor([0.0, 1.0, 3.0, 0.5])


def _mix(z: Tensor, weights: Tensor) -> Tensor:
    return torch.cat([z, (weights / weights.sum()).expand(len(z), -1)], dim=1)


def _beside(z: Tensor, condition: Tensor) -> Tensor:
    return torch.cat([z, condition.expand(len(z), -1)], dim=1)


@exercise(
    "models/conditional_generation/mix",
    not_yet="Write the body of `mix(z, weights)` and return the decoder's input [N, L + K].",
    right="Every row holds its own code and the same label, whose parts sum to 1.",
    hints=[
        "Divide the weights by their sum first: a row [K].",
        "condition.expand(len(z), -1) shows the same row to each of the N codes.",
        "torch.cat([codes, conditions], dim=1) sets them side by side, the code first.",
    ],
)
def mix(answer) -> None:
    """The decoder's input of codes [N, L] and one recipe [K]."""
    same_on(
        answer,
        _mix,
        cases=[(Z, RECIPE), (Z[:1], torch.tensor([2.0, 6.0])), (Z[:2], torch.tensor([0.1, 0.3]))],
        mistakes={
            "The weights must be divided by their sum: yours do not sum to 1.": _beside,
            "That is the softmax of the weights; a weight of 0 must stay 0. Divide by the sum.": (
                lambda z, w: _beside(z, w.softmax(0))
            ),
            "You divided by the largest weight; divide by their sum.": (
                lambda z, w: _beside(z, w / w.max())
            ),
            "You divided by the length of the weights (the root of their squares); by the sum.": (
                lambda z, w: _beside(z, w / w.norm())
            ),
            "You divided by the number of labels; divide by the sum of the weights.": (
                lambda z, w: _beside(z, w / len(w))
            ),
            "The code comes first, the label after it: this decoder was trained that way.": (
                lambda z, w: torch.cat([(w / w.sum()).expand(len(z), -1), z], dim=1)
            ),
            "You gave the label alone; the code belongs before it.": (
                lambda z, w: (w / w.sum()).expand(len(z), -1)
            ),
            "That is the label with the largest weight alone: keep all the parts.": (
                lambda z, w: _beside(z, torch.eye(len(w))[w.argmax()])
            ),
            "You divided code and weights by their common sum: the code stays as it is.": (
                lambda z, w: _beside(z, w) / _beside(z, w).sum(1, keepdim=True)
            ),
            "You divided by the mean of the weights; divide by their sum.": (
                lambda z, w: _beside(z, w / w.mean())
            ),
            "You shared it out equally among the labels present: a weight of 3 counts three times "
            "a weight of 1.": lambda z, w: _beside(z, (w > 0) / (w > 0).sum()),
            "You subtracted the smallest weight first; only divide, by the sum.": (
                lambda z, w: _beside(z, (w - w.min()) / (w - w.min()).sum())
            ),
        },
    )


F_ = torch.tensor([[1.0, 0.0, 2.0], [0.5, -1.0, 0.3]])
W = torch.tensor([0.4, -0.2, 0.1])
V = torch.tensor([[1.0, 2.0, -1.0], [0.0, 0.5, 0.5], [-1.0, 0.0, 3.0], [0.2, 0.2, 0.2]])


def _unit(rows: Tensor) -> Tensor:
    return rows / rows.norm(dim=1, keepdim=True)


def _all_logits(f: Tensor, w: Tensor, b: float, v: Tensor) -> Tensor:
    return (f @ w + b).unsqueeze(1) + f @ v.T


@exercise(
    "models/conditional_generation/all_logits",
    not_yet="Write the body of `all_logits(f, w, b, v)` and return logits [N, K].",
    right="psi asks whether it looks real, once; the product asks about each label.",
    hints=[
        "One label's logit is v_y . f + w . f + b. Only the first part depends on the label.",
        "f @ v.T holds the product of every feature vector with every class vector: [N, K].",
        "f @ w + b is [N]; .unsqueeze(1) makes it [N, 1], which is added to every column.",
    ],
)
def all_logits(answer) -> None:
    """The projection critic's logit of every label [N, K]."""
    same_on(
        answer,
        _all_logits,
        cases=[(F_, W, 0.7, V), (F_[:1], W.flip(0), -0.3, V[:2])],
        mistakes={
            "The part without a label is missing: w . f + b belongs to every logit.": (
                lambda f, w, b, v: f @ v.T
            ),
            "The bias b is missing.": lambda f, w, b, v: _all_logits(f, w, 0.0, v),
            "The class vectors are missing: your logit is the same for every label.": (
                lambda f, w, b, v: (f @ w + b).unsqueeze(1).expand(-1, len(v))
            ),
            "You subtracted the label's part; it is added.": (
                lambda f, w, b, v: (f @ w + b).unsqueeze(1) - f @ v.T
            ),
            "Logits are asked for: leave the softmax out.": (
                lambda f, w, b, v: _all_logits(f, w, b, v).softmax(1)
            ),
            "Logits are asked for: leave the sigmoid out.": (
                lambda f, w, b, v: _all_logits(f, w, b, v).sigmoid()
            ),
            "Your labels stand in rows: one picture a row, [N, K], is asked for.": (
                lambda f, w, b, v: _all_logits(f, w, b, v).T
            ),
            "b belongs to psi once; you added it twice.": (
                lambda f, w, b, v: _all_logits(f, w, 2 * b, v)
            ),
            "The bias b is added, not subtracted.": lambda f, w, b, v: _all_logits(f, w, -b, v),
            "Logits are asked for: leave the log_softmax out.": (
                lambda f, w, b, v: _all_logits(f, w, b, v).log_softmax(1)
            ),
            "The scalar product is a sum over the features; you took their mean.": (
                lambda f, w, b, v: (f @ w + b).unsqueeze(1) + f @ v.T / f.shape[1]
            ),
            "A scalar product, not a cosine: the lengths of f and v count.": (
                lambda f, w, b, v: (f @ w + b).unsqueeze(1) + _unit(f) @ _unit(v).T
            ),
            "The two parts are added, not multiplied.": (
                lambda f, w, b, v: (f @ w + b).unsqueeze(1) * (f @ v.T)
            ),
            "w needs the features, too: psi is w . f + b.": (
                lambda f, w, b, v: w.sum() + b + f @ v.T
            ),
            "That names the label that fits best; the logits of all are asked for.": (
                lambda f, w, b, v: _all_logits(f, w, b, v).argmax(1)
            ),
        },
    )
    why = "Every logit depends on f in both of its parts, on w, and on its own class vector."
    same_gradients(answer, _all_logits, (F_, W, 0.7, V), (0, 1, 3), why)


LOG_LIKELIHOOD = torch.tensor([[-800.0, -801.0, -803.0], [-95.0, -99.0, -94.5]])
SHARES = torch.tensor([0.2, 0.5, 0.3])
RARE_FIRST, NO_FIRST = torch.tensor([0.1, 0.5, 0.4]), torch.tensor([0.0, 0.5, 0.5])
FITS_FIRST = torch.tensor([[-100.0, -900.0, -901.0]])  # best: the label that never comes


def _posterior(log_likelihood: Tensor, shares: Tensor) -> Tensor:
    return (log_likelihood + shares.log()).softmax(dim=1)


def _naive(log_likelihood: Tensor, shares: Tensor) -> Tensor:
    return log_likelihood.exp() * shares


def _with_a_little(log_likelihood: Tensor, shares: Tensor) -> Tensor:
    return (log_likelihood + (shares + 1e-8).log()).softmax(dim=1)


def _no_nan(answer: object, log_likelihood: Tensor, shares: Tensor, sentence: str) -> None:
    result = call(function(answer), log_likelihood.clone(), shares.clone())
    require(not (isinstance(result, Tensor) and bool(result.isnan().any())), sentence)


@exercise(
    "models/conditional_generation/posterior",
    not_yet="Write the body of `posterior(log_likelihood, shares)` and return [N, K].",
    right="Bayes' rule in logarithms: add log p(y), and let softmax divide.",
    hints=[
        "In logarithms the product p(x|y) p(y) is a sum.",
        "Dividing exp(a_y) by the sum of all exp(a_c) is what softmax does.",
        "torch's softmax takes the largest number out first, so nothing becomes 0 / 0.",
    ],
)
def posterior(answer) -> None:
    """Bayes' rule from log-likelihoods [N, K] in nats and shares [K]."""
    naive = "exp(-800) became 0, and 0 / 0 is NaN: work in logarithms."
    _no_nan(answer, LOG_LIKELIHOOD, SHARES, naive)
    same_on(
        answer,
        _posterior,
        cases=[(LOG_LIKELIHOOD, SHARES), (LOG_LIKELIHOOD[1:], RARE_FIRST)],
        mistakes={
            "The shares are missing: a rare class needs a larger likelihood to win.": (
                lambda a, s: a.softmax(1)
            ),
            "You added the shares themselves; their logarithms are asked for.": (
                lambda a, s: (a + s).softmax(1)
            ),
            "You divided by the shares; Bayes' rule multiplies by p(y).": (
                lambda a, s: (a - s.log()).softmax(1)
            ),
            "Softmax over the pictures, dim=0; the labels are axis 1.": (
                lambda a, s: (a + s.log()).softmax(0)
            ),
            "The sign is turned: these are log-likelihoods, not losses.": (
                lambda a, s: (-a + s.log()).softmax(1)
            ),
            "You weighted the softmax by the shares, and the rows no longer sum to 1.": (
                lambda a, s: a.softmax(1) * s
            ),
            "Probabilities are asked for; yours are their logarithms, not yet divided.": (
                lambda a, s: a + s.log()
            ),
            "Probabilities are asked for; log_softmax gives their logarithms: softmax.": (
                lambda a, s: (a + s.log()).log_softmax(1)
            ),
            "Each row must be divided by its sum: yours do not add up to 1.": (
                lambda a, s: (a - a.max(1, keepdim=True).values).exp() * s
            ),
            "That is the most probable label alone; the probability of each is asked for.": (
                lambda a, s: torch.eye(len(s))[(a + s.log()).argmax(1)]
            ),
            "You counted the shares twice: log p(y) is added once.": (
                lambda a, s: (a + 2 * s.log()).softmax(1)
            ),
            "exp(-800) became 0: work in logarithms, and divide each row by its sum.": _naive,
        },
    )
    late = (
        "The best label has share 0, and your result is NaN: add the logarithms of the shares "
        "before the largest is taken out."
    )
    _no_nan(answer, FITS_FIRST, NO_FIRST, late)
    same_on(
        answer,
        _posterior,
        cases=[(FITS_FIRST, NO_FIRST)],
        mistakes={"A label of share 0 has probability 0, however well it fits.": _with_a_little},
    )
    same_on(answer, _posterior, cases=[(LOG_LIKELIHOOD, NO_FIRST)])  # a class that never comes


question(
    "models/conditional_generation/q1",
    "Four equally frequent classes, each picture shows its class without doubt. By how many nats "
    "does the true log p(x|y) exceed the true log p(x) on average?",
    options={
        "a": ("ln 4, about 1.39.", "The entropy of the label, since no doubt is left."),
        "b": ("4.", "Nats are logarithms: of four equal cases the label names one."),
        "c": ("It depends on the decoder.", "That holds for models; this is about the truth."),
    },
    answer="a",
)

question(
    "models/conditional_generation/q2",
    "You give a conditional VAE eight times the latents. Reconstructions get better; asked for "
    "digits from the prior it obeys less. Why?",
    options={
        "a": (
            "The label's vector gets too short beside the code.",
            "Its length is learnt; nothing shortens it.",
        ),
        "b": (
            "The class now fits into the code, and the decoder reads it there.",
            "A random code names some class, and the label is not needed any more.",
        ),
        "c": ("The KL forbids the use of labels.", "The KL term does not contain the label."),
    },
    answer="b",
)

question(
    "models/conditional_generation/q3",
    "In the projection critic, why does one output psi do for all classes?",
    options={
        "a": ("Because all classes are equally frequent.", "It holds for any shares."),
        "b": (
            "To save weights; ten outputs would be better.",
            "Ten would only add v_y a second time.",
        ),
        "c": (
            "What it stands for does not contain y.",
            "The sums of both softmaxes and log p(x)/q(x) are functions of x alone.",
        ),
    },
    answer="c",
)

question(
    "models/conditional_generation/q4",
    "A VAE's prior samples are bad, its reconstructions good. You may not change a weight. What "
    "do you do?",
    options={
        "a": (
            "Fit a density to the codes and draw from it.",
            "The prior is not where the codes lie; the aggregate posterior is.",
        ),
        "b": (
            "Draw codes nearer to 0, where the prior is densest.",
            "The middle of the prior is no place of codes either.",
        ),
        "c": (
            "Draw ten times as many samples from the prior.",
            "They all come from the wrong places.",
        ),
    },
    answer="a",
)

question(
    "models/conditional_generation/q5",
    "A conditional GAN draws good digits with healthy losses. The confusion matrix has its marks "
    "one place beside the diagonal. What happened?",
    options={
        "a": ("Mode collapse.", "Then whole columns would be empty."),
        "b": ("The critic was not told the labels.", "Then each row would look like all others."),
        "c": (
            "The labels of the data are shifted by one.",
            "The model learnt them as they were; no loss could tell.",
        ),
    },
    answer="c",
)
