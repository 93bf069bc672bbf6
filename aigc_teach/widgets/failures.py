"""FailureLab: break a small adversarial game with one switch, cure it with another, live.

Both networks are trained in the page, in plain JavaScript, second derivatives of the penalties
included, so the laboratory is alive in the static book.
"""

from __future__ import annotations

import traitlets

from ..core.errors import check_choice, check_count
from .base import PageWidget, page_script

TARGETS = ("ring", "grid", "clusters")
FAILURES = ("none", "ratio", "beta", "saturating", "strong", "latent")
CURES = ("none", "ttur", "r1", "gradient", "spectral", "hinge", "statistic", "clip")

ALT = (
    "A plane with circles at the centres of the target, filled where the generator reaches "
    "them, and its points as dots; beside it how many modes are covered, and how long the "
    "generator's gradient is, over the steps; a table with both losses and the share of good "
    "points."
)


class FailureLab(PageWidget):
    """A generator (2-32-32-2) against a critic (2-32-32-1), with one failure and one cure.

    Parameters
    ----------
    target : {"ring", "grid", "clusters"}
        8 blobs on a circle, 25 on a square grid, or 2.
    failure : {"none", "ratio", "beta", "saturating", "strong", "latent"}
        Critic's rate an eighth of the generator's; beta1 = 0.9; the saturating loss; the
        saturating loss and a critic that is trained for 400 turns before the generator's
        first; one latent number instead of two.
    cure : {"none", "ttur", "r1", "gradient", "spectral", "hinge", "statistic", "clip"}
        Generator's rate a quarter of the critic's; R1; Wasserstein loss with gradient penalty;
        spectral normalisation; hinge loss; minibatch statistic; Wasserstein loss with clipping.
    seed : int
        Draws first weights, data and noise: the same steps give the same game.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    ChoiceError, RangeError, DtypeError
        With a sentence.

    Examples
    --------
    >>> lab = FailureLab(target="grid", failure="ratio")
    >>> lab.target, lab.cure
    ('grid', 'none')
    """

    _esm = page_script("core", "chart", "controls", "dense", "failures_game", "failures")
    _css = PageWidget._css + (
        ".aigc-failures .aigc-pair { display: grid; align-items: start; gap: 1rem;"
        " grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); }"
        ".aigc-failures canvas { margin: 0 auto; }"
        ".aigc-failures .aigc-bar { margin-top: 0.7rem; }"
    )

    target = traitlets.Unicode("ring").tag(sync=True)
    failure = traitlets.Unicode("none").tag(sync=True)
    cure = traitlets.Unicode("none").tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    kept = traitlets.CBytes(b"").tag(sync=True)  # float32: weights, moments, record of the game

    def __init__(
        self,
        *,
        target: str = "ring",
        failure: str = "none",
        cure: str = "none",
        seed: int = 0,
        title: str = "Break it, then cure it",
        alt: str = ALT,
    ):
        check_choice("target", target, TARGETS)
        check_choice("failure", failure, FAILURES)
        check_choice("cure", cure, CURES)
        check_count("seed", seed, at_least=0)
        super().__init__(target=target, failure=failure, cure=cure, seed=seed, title=title, alt=alt)
