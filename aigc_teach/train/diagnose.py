"""What is wrong with this training? Symptoms that can be established, each with its evidence."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor, nn

from ..core import DtypeError, GenerativeModel, Labelled
from . import predictor_rules  # noqa: F401  enters its rules
from .history import History
from .probe import look
from .reading import reading
from .run import Run
from .subject import add_optimizers, curves_of, first_items, of_model, of_things
from .symptoms import RULES, apply_rules

SYMPTOMS = tuple(RULES)
THINGS = ("generator", "critic", "encoder", "decoder", "noise", "fake", "losses", "optimizers")


@dataclass(frozen=True)
class Diagnosis:
    """What was found, what was not, and what could not be looked for.

    Attributes
    ----------
    findings : dict of str to str
        For each symptom found (one of :data:`SYMPTOMS`) a sentence with its evidence.
    absent : tuple of str
        The symptoms that were looked for and not found.
    unknown : dict of str to str
        The symptoms that could not be looked for, each with the reason.
    head : str
        Stands above the report.

    >>> print(Diagnosis({}, ("reused_noise",), {"no_gradient": "give losses="}))
    Nothing found. That does not mean that all is well: see the other lists.
    <BLANKLINE>
    Looked for and not found (1): reused noise.
    <BLANKLINE>
    Could not be looked for (1):
    * no gradient: give losses=.
    """

    findings: dict[str, str]
    absent: tuple[str, ...] = ()
    unknown: dict[str, str] = field(default_factory=dict)
    head: str = ""

    @property
    def checked(self) -> int:
        """How many symptoms were looked for."""
        return len(self.findings) + len(self.absent)

    def __contains__(self, symptom: str) -> bool:
        return symptom in self.findings

    def __bool__(self) -> bool:
        """True if anything was found."""
        return bool(self.findings)

    def __str__(self) -> str:
        parts = [self.head, self._found(), self._absent(), self._unknown()]
        return "\n\n".join(part for part in parts if part)

    def _found(self) -> str:
        if not self.findings:
            return "Nothing found. That does not mean that all is well: see the other lists."
        lines = []
        for symptom, evidence in self.findings.items():
            lines += textwrap.wrap(f"{words(symptom)}: {evidence}", 92, subsequent_indent="  ")
            lines.append(textwrap.indent(reading(symptom), "  "))
        return "\n".join([f"Found ({len(self.findings)}):", *lines])

    def _absent(self) -> str:
        if not self.absent:
            return ""
        names = ", ".join(words(symptom) for symptom in self.absent)
        text = f"Looked for and not found ({len(self.absent)}): {names}."
        return textwrap.fill(text, 92, subsequent_indent="  ")

    def _unknown(self) -> str:
        if not self.unknown:
            return ""
        by_reason: dict[str, list[str]] = {}
        for symptom, why in self.unknown.items():
            by_reason.setdefault(why, []).append(words(symptom))
        lines = [
            textwrap.fill(f"* {', '.join(names)}: {why}.", 92, subsequent_indent="  ")
            for why, names in by_reason.items()
        ]
        return "\n".join([f"Could not be looked for ({len(self.unknown)}):", *lines])


def words(symptom: str) -> str:
    """A symptom's name as words.

    >>> words("reused_noise")
    'reused noise'
    """
    return symptom.replace("_", " ")


def diagnose(
    history: History | Run | dict | None = None,
    model: nn.Module | None = None,
    batch: Tensor | Labelled | None = None,
    *,
    real: Tensor | Labelled | None = None,
    labels: Tensor | None = None,
    generator: Callable | None = None,
    critic: Callable | None = None,
    encoder: Callable | None = None,
    decoder: Callable | None = None,
    noise: Callable | Tensor | int | tuple | None = None,
    fake: Tensor | Callable | None = None,
    losses: dict | Callable | None = None,
    optimizers: object = None,
) -> Diagnosis:
    """Look for the symptoms of a training that went wrong: this library's, or your own.

    Each symptom has one rule, which speaks only where it has evidence in the history or in a
    harmless experiment with the networks. The more you give, the more can be looked for; the
    report says what could not be, and why. That nothing is found does not mean that all is
    well: see the clinic's table of hits and misses.

    Parameters
    ----------
    history : History, Run or dict, optional
        ``run.history``, or the run itself (then `model` may be left out), or a dict of lists
        of numbers that you logged. The names "D(x)", "D(G(z))" and "kl" are understood.
    model : Module, optional
        A :class:`~aigc_teach.core.GenerativeModel`, whatever its networks are called; or your
        own module with ``encode`` and ``decode``, or parts called generator, netD, and so on; or,
        with `losses`, one network that predicts: the next token, or the noise in an item.
    batch, real : Tensor, Labelled, (x, labels) or DataLoader
        One of the two: real data ``[N, ...]`` as the training saw them, N at least 16 (256 are
        enough and no more are used). Tokens are whole numbers, ``[N, T]``.
    labels : Tensor, optional
        One entry an item: numbers, one-hot rows, pictures where pictures are the condition, or
        the target tokens ``[N, T]``.
    generator, critic, encoder, decoder : Module or callable, optional
        Your networks, or functions that call one, such as ``lambda b: netD(torch.cat([a, b], 1))``.
        A critic may give several answers an item, a tuple with features, or an object with
        ``logits``; an encoder mu, (mu, logvar), (z, mu, logvar), both in one tensor, a
        distribution, a dict or an object, and it may take rows.
    noise : callable, Tensor, int or tuple, optional
        The function ``n -> noise`` that your loop uses (or its size: then nothing can be said
        about noise that repeats). If left out, the size is read off the first layer.
    fake : Tensor or callable, optional
        Samples, or ``n -> samples``, in place of a generator.
    losses : dict, optional
        For each player a function of the real data (and of the labels, if it takes two
        arguments) that returns its loss as your loop computes it, without ``backward``; a list
        of numbers is taken for a curve.
    optimizers : Optimizer, dict or list, optional
        What moves the weights.

    Returns
    -------
    Diagnosis
        ``print`` it.

    Raises
    ------
    DtypeError, ShapeError, DataError
        With a sentence, where the arguments are something else.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> netG = nn.Sequential(nn.Linear(8, 100), nn.Sigmoid())
    >>> x = torch.rand(64, 100) * 2 - 1
    >>> found = diagnose(real=x, generator=netG, noise=lambda n: torch.randn(n, 8))
    >>> "range_mismatch" in found, found.unknown["no_gradient"]
    (True, 'give losses=, for each player a function of the real data')
    """
    run = history if isinstance(history, Run) else None
    if run is not None:
        history, model = run.history, run.model if model is None else model
        optimizers = run.optimizers if optimizers is None else optimizers
    curves = curves_of(history)
    things = dict(
        zip(
            THINGS,
            (generator, critic, encoder, decoder, noise, fake, losses, optimizers),
            strict=True,
        )
    )
    given = [name for name, thing in things.items() if thing is not None]
    if model is not None and not isinstance(model, nn.Module):
        raise DtypeError(
            "diagnose takes a History, a GenerativeModel and a batch, in this order; you gave "
            f"a {type(model).__name__} for the model."
        )
    if model is None and not {"generator", "critic", "encoder", "decoder", "fake"} & {*given}:
        raise DtypeError(
            "There is nothing to look at: give a model, or some of generator=, critic=, "
            "encoder=, decoder= and fake=."
        )
    real, labels = first_items(batch if real is None else real, labels)
    if isinstance(model, GenerativeModel):
        if set(given) - {"optimizers"}:
            raise DtypeError(
                f"A {type(model).__name__} brings its own networks and losses: beside it give "
                f"only real=, labels= and optimizers=, not {', '.join(f'{g}=' for g in given)}."
            )
        subject = of_model(model, real, labels, curves)
        add_optimizers(subject, optimizers)
    else:
        subject = of_things(things | {"history": history, "model": model}, real, labels)
    found, unknown = apply_rules(look(subject))
    absent = tuple(name for name in RULES if name not in found and name not in unknown)
    return Diagnosis(found, absent, unknown)
