"""CodeCompleter: a text box that completes names of Python, and says where each suggestion is from.

A small table of counts lives in the page, and the text in the box is its cache, so it answers
without a kernel, also in the static book. With a kernel a completer of your own can answer too.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable

import traitlets

from ..core.errors import AigcError, DataError, check_count, check_text
from .base import PageWidget, packed_bytes, page_script

WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*|[0-9]+|\n|[^\sA-Za-z_0-9]")
NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
TYPED = re.compile(r"[A-Za-z_0-9]*$")
MODEL_STRENGTH = 5.0
FILE_STRENGTHS = (60.0, 4.0, 1.0)  # of no word before, one, two
SHOWN = 5
LONGEST = 20_000  # characters of the box
CSS = """
.aigc-completer textarea { font-family: ui-monospace, monospace; font-size: 0.9rem; width: 100%;
  box-sizing: border-box; color: inherit; background: transparent; border: 1px solid currentColor;
  border-radius: 0.25rem; padding: 0.5rem; min-height: 11rem; tab-size: 4; resize: vertical; }
.aigc-completer-list { list-style: none; margin: 0.5rem 0; padding: 0; display: grid;
  gap: 0.25rem; }
.aigc-completer-list button { width: 100%; display: grid; text-align: left;
  grid-template-columns: minmax(0, 1fr) 3rem 6rem; gap: 0.5rem; align-items: center;
  box-sizing: border-box; overflow-wrap: anywhere; }
.aigc-completer-list code { background: none; color: inherit; }
.aigc-completer-list .aigc-completer-file { border: 2px dashed #0072b2; }
.aigc-completer-count { font-variant-numeric: tabular-nums; margin: 0.4rem 0; }
"""


class CodeCompleter(PageWidget):
    r"""A box for Python in which the Tab key takes a suggested name.

    Parameters
    ----------
    table : dict
        Of `word_table`: what follows what in the source that was counted.
    text : str
        What stands in the box at first.
    completer : object, optional
        With ``suggest(text, k, typed=...)``, such as `models.Completer`: where a kernel runs its
        suggestions are shown below the page's own.
    title, alt : str
        Heading, and what is shown in words.

    Raises
    ------
    AigcError
        With a sentence, where the table is none or the completer cannot suggest.

    Examples
    --------
    >>> box = CodeCompleter(word_table(["return self.name\n" * 9]), text="x = self.n")
    >>> [name for name, p, source in box.suggestions()]
    ['name']
    """

    _esm = page_script("core", "controls", "code_completer")
    _css = PageWidget._css + CSS

    table = traitlets.Bytes(b"").tag(sync=True)  # JSON, deflated
    strengths = traitlets.List().tag(sync=True)
    # what the learner changes
    text = traitlets.Unicode("").tag(sync=True)
    cursor = traitlets.Int(0).tag(sync=True)
    saved = traitlets.Int(0).tag(sync=True)
    presses = traitlets.Int(0).tag(sync=True)
    # what the kernel answers: [asked text, [[words, p, source], ...]]
    answer = traitlets.List().tag(sync=True)

    def __init__(
        self,
        table: dict,
        *,
        text: str = "",
        completer: object | None = None,
        title: str = "Type some Python",
        alt: str | None = None,
    ):
        if not isinstance(table, dict) or "" not in table:
            raise AigcError("table must be one that word_table made.")
        if completer is not None and not callable(getattr(completer, "suggest", None)):
            raise AigcError("completer must have suggest(text, k, typed=...).")
        if len(check_text("text", text)) > LONGEST:
            raise AigcError(f"text has {len(text)} characters; the box takes {LONGEST}.")
        self._counts, self._completer = table, completer
        super().__init__(
            table=packed_bytes(json.dumps(table, ensure_ascii=False).encode()),
            strengths=[MODEL_STRENGTH, *FILE_STRENGTHS],
            text=text,
            cursor=len(text),
            title=title,
            alt="",
        )
        found = ", ".join(name for name, _, _ in self.suggestions()) or "nothing"
        self.alt = alt or (
            f"A box for Python code. After {text[-30:]!r} it suggests {found}, each with its "
            "probability and whether the counted source or the text in the box gave it."
        )
        self.observe(self._ask, names=["text", "cursor"])

    def suggestions(self) -> list[tuple[str, float, str]]:
        """What the page shows now: name, probability, "source" or "this text"."""
        return suggested(self._counts, self.text[: self.cursor])

    def _ask(self, _change) -> None:
        if self._completer is None:
            return
        head = self.text[: self.cursor][-2000:]
        typed = TYPED.search(head)[0]
        before = head[: len(head) - len(typed)]
        if typed and before.endswith(" "):  # tokens hold the space before a word
            before, typed = before[:-1], " " + typed
        found = self._completer.suggest(before, SHOWN, typed=typed)
        self.answer = [head, [[s.text, s.p, s.source] for s in found]]


def word_table(texts: Iterable[str], *, contexts: int = 2000, each: int = 6) -> dict:
    r"""How often which names followed no word, one word, and two words, of some source.

    Words are names, numbers, line ends and single signs; only names are counted as followers.

    Parameters
    ----------
    texts : iterable of str
    contexts : int
        How many contexts of each length are kept, the most frequent first.
    each : int
        How many followers of each.

    Returns
    -------
    dict
        ``{"self .": [total, name, count, ...]}``; the context without a word is ``""`` and keeps
        300 names.

    Examples
    --------
    >>> word_table(["a.b\na.b\na.c"])["a ."]
    [3, 'b', 2, 'c', 1]
    """
    check_count("contexts", contexts)
    check_count("each", each)
    found: list[dict[str, Counter]] = [{}, {}, {}]
    for text in texts:
        words = ["\n", "\n", *WORD.findall(check_text("a text", text))]
        for at in range(2, len(words)):
            if NAME.fullmatch(words[at]):
                for k in range(3):
                    context = " ".join(words[at - k : at])
                    found[k].setdefault(context, Counter())[words[at]] += 1
    if not found[0]:
        raise DataError("There is no name in these texts, so there is nothing to count.")
    table = {}
    for k, counts in enumerate(found):
        frequent = sorted(counts, key=lambda context, c=counts: (-c[context].total(), context))
        for context in frequent[:contexts]:
            top = sorted(counts[context].items(), key=lambda item: (-item[1], item[0]))
            kept = [value for item in top[: each if k else 300] for value in item]
            table[context] = [counts[context].total(), *kept]
    return table


def suggested(table: dict, head: str) -> list[tuple[str, float, str]]:
    """The likeliest names at the end of a text, by a table and by the text itself.

    Their probabilities are those among the names that begin as it is typed.

    The page computes the same; a test in a browser holds both together.
    """
    typed = TYPED.search(head)[0]
    if typed[:1].isdigit():
        return []
    words = ["\n", "\n", *WORD.findall(head[: len(head) - len(typed)])]
    p: dict[str, float] = {}
    for k in range(3):
        held = table.get(" ".join(words[len(words) - k :]))
        if held:
            pairs = dict(zip(held[1::2], held[2::2], strict=True))
            p = _laid(p, pairs, held[0], MODEL_STRENGTH if k else 0.0)
    own: dict[str, float] = {}
    for k, strength in enumerate(FILE_STRENGTHS):
        context, followers = words[len(words) - k :], Counter()
        for at in range(2, len(words)):
            if NAME.fullmatch(words[at]) and words[at - k : at] == context:
                followers[words[at]] += 1
        total = followers.total()
        if total:
            p = {name: value * strength / (total + strength) for name, value in p.items()}
            own = {name: value * strength / (total + strength) for name, value in own.items()}
            for name, count in followers.items():
                own[name] = own.get(name, 0.0) + count / (total + strength)
    both = {name: p.get(name, 0.0) + own.get(name, 0.0) for name in {*p, *own}}
    fit = [name for name in both if name.startswith(typed) and name != typed]
    fit.sort(key=lambda name: (-round(both[name], 12), name))
    mass = sum(both[name] for name in fit)  # of the names that begin as it is typed
    return [
        (
            name,
            both[name] / mass,
            "this text" if own.get(name, 0.0) > p.get(name, 0.0) else "source",
        )
        for name in fit[:SHOWN]
    ]


def _laid(below: dict, counts: dict, total: float, strength: float) -> dict:
    laid = {name: value * strength / (total + strength) for name, value in below.items()}
    for name, count in counts.items():
        laid[name] = laid.get(name, 0.0) + count / (total + strength)
    return laid
