"""CaseFile: a complaint, hypotheses with an experiment each, and a diagnosis that is answered."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

import numpy as np
import traitlets

from ..core.errors import DataError, DtypeError, check_choice, check_count
from .base import PageWidget, page_script

TEXTS = ("claim", "seen", "verdict")
KINDS = ("experiment", "diagnosis")
STYLE = """
.aigc-casefile .aigc-complaint, .aigc-casefile .aigc-line-text { margin: 0; white-space: pre-line;
  overflow-wrap: anywhere; }
.aigc-casefile .aigc-complaint { margin-bottom: 1rem; }
.aigc-casefile .aigc-choices { flex-direction: column; align-items: stretch; gap: 0.4rem; }
.aigc-casefile .aigc-choices-name, .aigc-casefile .aigc-file-name { margin: 0; font-weight: 650; }
.aigc.aigc-casefile .aigc-choice { display: flex; align-items: center; gap: 0.7rem; width: 100%;
  height: auto; padding: 0.45rem 0.8rem; line-height: 1.4; text-align: left; white-space: normal; }
.aigc-casefile .aigc-choice::before { content: ""; flex: none; width: 0.85rem; height: 0.85rem;
  border: 2px solid currentColor; border-radius: 50%; }
.aigc-casefile .aigc-choice[aria-pressed="true"]::before { background: currentColor;
  box-shadow: inset 0 0 0 2px var(--aigc-accent); }
.aigc-casefile .aigc-claim { flex: 1 1 auto; min-width: 0; overflow-wrap: anywhere; }
.aigc-casefile .aigc-mark { flex: none; font-size: 0.8125rem; font-weight: 650; }
.aigc-casefile .aigc-mark:empty { display: none; }
.aigc-casefile .aigc-bar .aigc-button[aria-disabled="true"] { opacity: 0.45; cursor: default; }
.aigc-casefile .aigc-file { margin-top: 1.1rem; padding-top: 0.85rem;
  border-top: 1px solid var(--aigc-hair); }
.aigc-casefile .aigc-file ol { margin: 0; padding: 0; list-style: none; }
.aigc-casefile .aigc-file li { margin: 0.6rem 0 0; padding: 0.05rem 0 0.05rem 0.9rem;
  border-left: 4px solid var(--aigc-accent); }
.aigc-casefile .aigc-file li[data-kind="wrong"] { border-left-color: #d55e00; }
.aigc-casefile .aigc-file li[data-kind="right"] { border-left-color: #009e73; }
.aigc-casefile .aigc-line-head { margin: 0; font-weight: 650; overflow-wrap: anywhere; }
.aigc-casefile .aigc-line-code { margin: 0.35rem 0; padding: 0.5rem 0.7rem; overflow-x: auto;
  border: 1px solid var(--aigc-hair); border-radius: 6px; font-size: 0.8125rem; line-height: 1.45;
  white-space: pre; tab-size: 4; }
.aigc-casefile .aigc-line-code:empty { display: none; }
.aigc-casefile .aigc-plan-words { box-sizing: border-box; width: 100%; min-height: 3.6rem;
  padding: 0.5rem 0.7rem; border: 1px solid var(--aigc-hair); border-radius: 6px; font: inherit;
  color: inherit; background: transparent; resize: vertical; }
.aigc-casefile .aigc-ask label { display: block; margin-bottom: 0.4rem; font-weight: 650; }
.aigc-casefile [hidden] { display: none; }
.aigc-casefile .aigc-foot { justify-content: space-between; padding-top: 0.85rem;
  border-top: 1px solid var(--aigc-hair); }
.aigc-casefile .aigc-foot output { flex: 1 1 12rem; }
.aigc-casefile[data-found="yes"] .aigc-foot output { font-weight: 650; }
"""


class CaseFile(PageWidget):
    """A complaint, what might be the cause, and the file of what the reader found out.

    The reader picks a hypothesis, runs its experiment, and says "This is it". The experiments
    have run before the page is made: entries hold what was seen. So the instrument works in a
    saved notebook and in the static book. Where the file asks first, the menu of hypotheses is
    shown once the reader has written down what to measure, or has asked for it.

    Parameters
    ----------
    complaint : str
        What one sees, without its cause.
    entries : iterable of mapping
        One a hypothesis, with the texts `claim`, `seen` (what its experiment shows) and
        `verdict` (why it is, or is not, the cause), and `true`: True for exactly one of them;
        with `code`, if you like: the lines that the experiment ran.
        They are shown in an order that the complaint's text decides.
    title, alt : str
        Heading, and what is shown in words.
    own : str
        What an experiment of the reader's own showed; it stands first in the file.
    asks : bool
        Whether the file asks what one would measure, before it shows the menu.

    Raises
    ------
    DataError, DtypeError
        With a sentence, if a text is missing, or not exactly one entry is true.

    Examples
    --------
    >>> entry = dict(claim="It is off.", seen="The lamp is dark.", verdict="So it is.", true=True)
    >>> other = dict(claim="It is slow.", seen="0 steps.", verdict="It stands.", true=False)
    >>> case = CaseFile("Nothing moves.", [entry, other]); case.found, case.experiments
    (False, 0)
    """

    _esm = page_script("core", "controls", "casefile")
    _css = PageWidget._css + STYLE

    complaint = traitlets.Unicode("").tag(sync=True)
    entries = traitlets.List(traitlets.Dict()).tag(sync=True)  # in the order shown
    picked = traitlets.Int(-1).tag(sync=True)  # which entry is chosen; -1: none yet
    log = traitlets.List(traitlets.List()).tag(sync=True)  # [kind, entry], in the order done
    own = traitlets.Unicode("").tag(sync=True)  # what the reader's own experiment showed
    asks = traitlets.Bool(False).tag(sync=True)
    plan = traitlets.Unicode("").tag(sync=True)  # what the reader would measure, in words
    opened = traitlets.Bool(True).tag(sync=True)  # whether the menu is shown

    def __init__(
        self,
        complaint: str,
        entries: Iterable[Mapping],
        *,
        title: str = "Find the cause",
        alt: str | None = None,
        own: str = "",
        asks: bool = False,
    ):
        complaint = _text("The complaint", complaint)
        ready = [_checked(entry, place) for place, entry in enumerate(entries)]
        _check_together(ready)
        random.Random(complaint).shuffle(ready)  # the same order in every run
        claims = " ".join(f"({k}) {entry['claim']}" for k, entry in enumerate(ready, 1))
        words = alt or f"Complaint: {complaint} What might be the cause: {claims}"
        super().__init__(complaint=complaint, entries=ready, title=title, alt=words, own=own)
        self.asks, self.opened = asks, not asks

    @property
    def found(self) -> bool:
        """Whether the reader has named the cause."""
        return self._end() < len(self.log)

    @property
    def experiments(self) -> int:
        """Experiments run before the cause was named, or so far."""
        return sum(kind == "experiment" for kind, _ in self.log[: self._end()])

    def _end(self) -> int:
        done = enumerate(self.log)
        right = (k for k, (kind, i) in done if kind == "diagnosis" and self.entries[i]["true"])
        return next(right, len(self.log))

    @traitlets.validate("picked")
    def _known_pick(self, proposal) -> int:
        check_choice("picked", proposal["value"], range(-1, len(self.entries)))
        return proposal["value"]

    @traitlets.validate("log")
    def _known_log(self, proposal) -> list:
        for line in proposal["value"]:
            if len(line) != 2:
                raise DataError(f"A line of the log is [kind, entry]; yours is {line!r}.")
            check_choice("kind", line[0], KINDS)
            entry = check_count("entry", line[1], at_least=0)
            check_choice("entry", entry, range(len(self.entries)))
        return proposal["value"]


def _text(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise DtypeError(f"{what} must be a text; you gave a {type(value).__name__}.")
    if not value.strip():
        raise DataError(f"{what} is empty; it needs a text.")
    return value.strip()


def _checked(entry: Mapping, place: int) -> dict:
    if not isinstance(entry, Mapping):
        kind = type(entry).__name__
        raise DtypeError(f"Entry {place} must be a dict; you gave a {kind}.")
    missing = [key for key in (*TEXTS, "true") if key not in entry]
    if missing:
        raise DataError(f"Entry {place} lacks {', '.join(missing)}.")
    if not isinstance(entry["true"], bool | np.bool_):
        raise DtypeError(f"Entry {place}: `true` must be True or False; it is {entry['true']!r}.")
    texts = {key: _text(f"Entry {place}: `{key}`", entry[key]) for key in TEXTS}
    code = entry.get("code", "")
    if not isinstance(code, str):
        raise DtypeError(f"Entry {place}: `code` must be a text; you gave a {type(code).__name__}.")
    return texts | {"code": code, "true": bool(entry["true"])}


def _check_together(entries: list[dict]) -> None:
    if len(entries) < 2:
        raise DataError(f"A case needs at least 2 entries to choose from; you gave {len(entries)}.")
    true = sum(entry["true"] for entry in entries)
    if true != 1:
        raise DataError(f"Exactly one entry must be true; of yours, {true} are.")
    if len({entry["claim"] for entry in entries}) < len(entries):
        raise DataError("Two entries make the same claim; the reader could not tell them apart.")
