"""Choose what of a lesson stands on slides: its own sentences, cells and outputs, nothing new.

The anatomy of a lesson gives the deck: title and promise, objectives, for each section its first
sentences, every prediction before its cell, the output with the first sentences of its
explanation, what goes wrong, the recap and one question. Exercises stay with the lesson. The whole
text goes to the speaker's notes. Tags on a cell overrule this (see `lessons.deck_tags`).
"""

from __future__ import annotations

import ast
import copy
import re
from dataclasses import dataclass, field

from nbformat.v4 import new_code_cell, new_output

from lessons.deck_tags import OWN_TAGS
from lessons.kept import code_cells
from lessons.source import Cell, Lesson, Section, section, sections
from lessons.timed import seconds_of

MOST_MINUTES = 45
LONGEST_WAIT = 20.0  # seconds that a class may wait for one cell
CODE_LINES = 15
TEXT_LINES = 22
LEAD_WORDS = 60
CAPTION_WORDS = 32
LEAST_WORDS = 6  # a first sentence of fewer takes the next one with it
WIDGET = "application/vnd.jupyter.widget-view+json"
NOT_SHOWN = ("Before you start", "Set-up", "Exercises", "References")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\([^)]*\)")
SENTENCE = re.compile(r"(?:(?<=[.!?])|(?<=[.!?]\*\*)|(?<=[.!?]\)))\s+(?=[A-Z\"(*`$\[])")
# What `lesson.expect` adds to a number: of use beside the text, which a slide has not room for.
STATED = re.compile(
    r", inside the \S+ to \S+ that the text states$"
    r"| \(budget lecture: less was done than the text's \S+ to \S+ is of\)$"
    r"| \(budget ci: too few steps to compare with the text\)$",
    re.MULTILINE,
)
TABLE = re.compile(r"((?:^\|.*\|\n)(?:^\|(?:[ :]*-+[ :]*\|)+\n)(?:^\|.*\|\n?)+)", re.MULTILINE)
OUTSIDE = re.compile(r"^.*, OUTSIDE the .*$", re.MULTILINE)
ITEM = re.compile(r"^(\d+\.|[*-]) ")
# Minutes beside those of speaking the notes.
MINUTES = {"title": 1, "objectives": 1, "lead": 0.5, "predict": 0.8, "code": 0.7, "output": 0.8}
MINUTES |= {"recap": 1, "question": 1.5, "end": 0.5}
WORDS_A_MINUTE = 150  # spoken
# Which slides go below the others first: the code of what is shown, outputs that nobody explains,
# text in the middle of a section, code without output, a question's second answer, the text that
# opens a section, what a question is about, answers, questions.
CODE, BARE, ASIDE, DEFINES, FURTHER, OPENS, EVIDENCE, ANSWERS, ASKS = range(9)
SHORT_CODE = {False: 4, True: 2}  # lines that find room above an output; above a picture


@dataclass
class Slide:
    """One slide: Markdown and outputs in order, and what the lecturer says.

    Attributes
    ----------
    kind : str
        One of the keys of `MINUTES`.
    parts : list
        Markdown as str, or a code cell of which only the outputs are shown.
    spare : bool
        Not in the 45 minutes: it lies below the slide before it.
    seconds : float or None
        That its cell ran; None where it has none or nobody measured.
    """

    kind: str
    title: str
    parts: list = field(default_factory=list)
    notes: str = ""
    seconds: float | None = None
    kept: bool = False
    spare: bool = False
    rank: int = ASKS
    line: int = 0

    @property
    def minutes(self) -> float:
        """Minutes that it takes to speak, and to wait for its cell."""
        speaking = min(1.5, len(self.notes.split()) / WORDS_A_MINUTE)
        return MINUTES[self.kind] + speaking + (self.seconds or 0) / 60


@dataclass
class Deck:
    """The slides of a lesson."""

    name: str
    title: str
    slides: list[Slide]
    budget: str
    measured: bool
    outside: list[str] = field(default_factory=list)  # numbers that are not as the text states

    @property
    def minutes(self) -> float:
        return sum(slide.minutes for slide in self.slides if not slide.spare)

    @property
    def seconds(self) -> float:
        return sum(slide.seconds or 0 for slide in self.slides)

    def running(self) -> str:
        """Return the sentence about the cells' run time that stands on the first slide."""
        if not self.measured:
            return f"Run time of the cells: not measured ({self.budget} budget)."
        longest = max((slide.seconds or 0 for slide in self.slides), default=0)
        return (
            f"The cells shown run {self.seconds:.0f} s in all, the longest {longest:.0f} s "
            f"({self.budget} budget)."
        )

    def complaints(self) -> list[str]:
        """Return what would keep a class waiting, as sentences that name the cell."""
        found = []
        if not self.measured:
            found.append(f"{self.name}: its cells were not measured: run `make slides` first.")
        found += [f"{self.name}: in {self.budget} budget, {line}." for line in self.outside]
        for slide in self.slides:
            if (slide.seconds or 0) > LONGEST_WAIT:
                found.append(
                    f"{self.name}:{slide.line}: this cell in '{slide.title}' runs "
                    f"{slide.seconds:.0f} s in {self.budget} budget; a class waits at most "
                    f"{LONGEST_WAIT:.0f} s: give lesson.pick a lecture value, or tag it skip."
                )
        if self.minutes > MOST_MINUTES + 0.5:
            found.append(
                f"{self.name}: the deck takes {self.minutes:.0f} minutes of {MOST_MINUTES}: "
                "fewer cells may have the tag slide, or tag some skip."
            )
        return found


def make_deck(lesson: Lesson, notebook, budget: str) -> Deck:
    """Return the deck of a lesson whose executed notebook is `notebook`."""
    parts = sections(lesson)
    code = [cell for part in parts for cell in part.code]
    ran = code_cells(notebook)
    results = {id(cell): done for cell, done in zip(code, ran, strict=True)}
    slides = [*title_slides(parts), *objectives(section(parts, "You will be able to"))]
    for part in parts[1:]:
        if part.title.startswith(("You will be able to", "Recap", "Questions")):
            continue
        told = Round(part, results, only_tagged=part.title.startswith(NOT_SHOWN))
        slides += told.slides()
    slides += recap(section(parts, "Recap")) + question(section(parts, "Questions"))
    measured = all(seconds_of(cell) is not None for cell in ran)
    outside = [line for cell in ran for line in OUTSIDE.findall(said_by(cell))]
    deck = Deck(lesson.name, title_of(parts), slides, budget, measured, outside)
    choose(deck)
    slides[0].parts.append(deck.running())
    return deck


def choose(deck: Deck) -> None:
    """Put slides below the others until the rest takes 45 minutes; tagged ones stay."""
    order = sorted(enumerate(deck.slides), key=lambda pair: (pair[1].rank, -pair[0]))
    for _, slide in order:  # of equals the last goes first
        if deck.minutes <= MOST_MINUTES:
            return
        slide.spare = not slide.kept


def title_of(parts: list[Section]) -> str:
    """Return the lesson's title."""
    return next(b for b in blocks(parts[0].prose) if b.startswith("# ")).removeprefix("# ")


def title_slides(parts: list[Section]) -> list[Slide]:
    """Return the slide of title, promise and picture."""
    shown = [plain(block) for block in blocks(parts[0].prose) if not block.startswith("# ")]
    budget = next((b for b in blocks(section(parts, "Before").prose) if "**Budget" in b), "")
    return [Slide("title", title_of(parts), shown, notes=plain(budget), kept=True)]


def objectives(part: Section) -> list[Slide]:
    """Return the slide of objectives."""
    text = plain(part.prose)
    return [Slide("objectives", part.title, [text.split("\n", 1)[1].strip()], text, kept=True)]


def recap(part: Section) -> list[Slide]:
    """Return the slide of the recap: each point's first sentence."""
    text = [plain(block) for block in blocks(part.prose) if not block.startswith("#")]
    shown = shorten(text, 110)
    return [Slide("recap", part.title, shown, "\n\n".join(text), kept=True)]


def question(part: Section) -> list[Slide]:
    """Return the first question, and its answer as a slide of its own."""
    found = re.search(
        r"^### .*?\n(.*?)<details>.*?</summary>(.*?)</details>", part.prose, re.S | re.M
    )
    if found is None:
        return []
    asked, answer = plain(found[1].strip()), plain(found[2].strip())
    told = f"The answer is on the next slide.\n\n{answer}"
    return [
        Slide("question", "A question", [asked], told, kept=True),
        Slide("end", "Its answer", [asked, f"**Answer.** {answer}"], answer, kept=True),
    ]


class Round:
    """Makes the slides of one section: text, predictions, cells and their explanations."""

    def __init__(self, part: Section, results: dict, *, only_tagged: bool):
        self.part, self.results, self.only_tagged = part, results, only_tagged
        self.made: list[Slide] = []
        self.text: list[str] = []
        self.kept = False
        self.open = False  # the last slide is an output that waits for its explanation

    def slides(self) -> list[Slide]:
        """Return the section's slides."""
        for cell in self.part.cells:
            tagged = set(cell.tags) & set(OWN_TAGS)
            if "skip" in tagged or (self.only_tagged and "slide" not in tagged):
                continue
            if "notes" in tagged:
                self.note(cell)
            elif cell.kind == "code":
                self.flush()
                self.show(cell, kept="slide" in tagged)
            else:
                self.read(cell, kept="slide" in tagged)
        self.flush()
        return self.made

    def note(self, cell: Cell) -> None:
        """Put a cell into the notes of what stands before it."""
        self.flush()
        text = cell.text if cell.kind == "markdown" else fenced(cell.text.splitlines())
        if not self.made:
            self.made.append(Slide("lead", self.part.title, line=cell.line))
        self.made[-1].notes += "\n\n" + plain(text)

    def read(self, cell: Cell, *, kept: bool) -> None:
        """Take a Markdown cell's blocks; a prediction becomes a slide of its own."""
        for block in blocks(cell.text):
            if block.startswith("## ") or block.startswith("<details"):
                continue
            if block.startswith("**Predict"):
                self.flush()
                told = "Let everyone commit to an answer, by hand or on paper, before you go on."
                self.add("predict", [plain(block)], told, cell.line, kept)
            else:
                self.text.append(plain(block))
                self.kept = self.kept or kept
        if kept:
            self.flush()

    def flush(self) -> None:
        """Turn the text gathered so far into an explanation, or into a slide of its own."""
        text, kept, self.text, self.kept = self.text, self.kept, [], False
        if not text:
            return
        whole = "\n\n".join(text)
        if self.open:
            last = self.made[-1]
            prose = [block for block in text if not block.startswith(("$$", "#", "|", "```"))]
            last.parts += shorten(prose[:1], CAPTION_WORDS)
            last.notes, last.kept = whole, last.kept or kept
            last.rank = self.rank_of_answer() if last.kind == "output" else last.rank
            self.open = False
            if not (kept or any(block.startswith(("$$", "|")) for block in text)):
                return
        self.add("lead", shorten(text, LEAD_WORDS), whole, self.part.line, kept)
        self.made[-1].rank = ASIDE if self.made[:-1] else OPENS

    def rank_of_answer(self) -> int:
        """Return how firmly an explained output stays: a question's first answer does."""
        for slide in reversed(self.made[:-1]):
            if slide.rank == ANSWERS:
                return FURTHER
            if slide.kind == "predict":
                break
        return ANSWERS

    def show(self, cell: Cell, *, kept: bool) -> None:
        """Make the slides of a code cell: its code, then its output."""
        self.open = False
        done = self.results[id(cell)]
        pages = pages_of(done)
        seconds = seconds_of(done)
        lines = without_claims(cell.text)
        told = fenced(cell.text.splitlines())
        asked = bool(self.made) and self.made[-1].kind == "predict"
        together = bool(pages) and len(lines) <= SHORT_CODE[has_picture(pages[0])]
        if together and lines:  # none where the cell does nothing but state numbers
            pages[0] = [folded(lines), *pages[0]]
        elif not together:
            self.add("code", [folded(lines)], told, cell.line, kept)
            self.made[-1].rank = CODE if pages else DEFINES
        if not pages:
            self.made[-1].seconds = seconds
            self.open = True
        for number, page in enumerate(pages):
            self.add("output", page, told if together else "", cell.line, kept)
            self.made[-1].seconds = None if number else seconds
            self.made[-1].rank, self.open = EVIDENCE if asked and not number else BARE, True

    def add(self, kind: str, parts: list, notes: str, line: int, kept: bool) -> None:
        title = re.sub(r"[*`]", "", self.part.title)
        self.made.append(Slide(kind, title, parts, notes, line=line, kept=kept))


def pages_of(cell) -> list:
    """Return what a cell showed, as cells that fit a slide: text and pictures, then instruments."""
    outputs = [copy.deepcopy(out) for out in cell.get("outputs", []) if not is_progress(out)]
    widgets = [out for out in outputs if WIDGET in out.get("data", {})]
    still = drawn(joined([out for out in outputs if WIDGET not in out.get("data", {})]))
    pictures = [out for out in still if "image/png" in out.get("data", {})]
    room = TEXT_LINES // 4 if pictures else TEXT_LINES
    for out in still:
        if out.output_type == "stream":
            out["text"] = cut_text(STATED.sub("", out["text"]), room)
        elif "text/html" not in out.get("data", {}) and "text/plain" in out.get("data", {}):
            out["data"]["text/plain"] = cut_text(out["data"]["text/plain"], room)
    still = [out for out in still if not (out.output_type == "stream" and not out.text.strip())]
    if pictures:  # a picture that ends the training stands for the monitor that watched it
        widgets = []
    pages = ([still] if still else []) + [[out] for out in widgets]
    return [[new_code_cell("", outputs=page, execution_count=1)] for page in pages]


def said_by(cell) -> str:
    """Return what an executed cell printed."""
    return "".join(out.text for out in cell.get("outputs", []) if out.output_type == "stream")


def joined(outputs: list) -> list:
    """Return the outputs with what was printed in pieces made one text again."""
    found: list = []
    for out in outputs:
        if found and out.output_type == found[-1].output_type == "stream":
            found[-1]["text"] += out["text"]
        else:
            found.append(out)
    return found


def drawn(outputs: list) -> list:
    """Return the outputs with tables that were printed as Markdown made tables."""
    found: list = []
    for out in outputs:
        if out.output_type != "stream":
            found.append(out)
            continue
        for number, text in enumerate(TABLE.split(out.text)):  # the odd ones are tables
            data = {"text/markdown": text, "text/plain": text}
            if number % 2:
                found.append(new_output("display_data", data))
            elif text.strip():
                found.append(new_output("stream", name=out.name, text=text))
    return found


def has_picture(page: list) -> bool:
    """Whether a page shows a picture or an instrument, which need the room."""
    return any({"image/png", WIDGET} & {*out.get("data", {})} for out in page[-1].outputs)


def is_progress(output) -> bool:
    """Whether an output is a progress bar, or a warning's text."""
    text = output.get("data", {}).get("text/plain", "")
    return (WIDGET in output.get("data", {}) and "/s]" in text) or output.get("name") == "stderr"


def cut_text(text: str, most: int) -> str:
    """Return the first lines of an output, and how many more there are."""
    lines = text.rstrip().splitlines()
    if len(lines) <= most:
        return text
    return "\n".join([*lines[: most - 1], f"... {len(lines) - most + 1} more lines"])


def without_claims(code: str) -> list[str]:
    r"""Return the lines of a cell without those that hold a number against the text.

    >>> without_claims("n = 1; m = 2\nfor k in (n, m):\n    lesson.expect(str(k),\n    k, 0, 2)")
    ['n = 1; m = 2']
    """
    claims = set()
    for node in reversed(list(ast.walk(ast.parse(code)))):  # from the inside outwards
        inner = node.body if isinstance(node, ast.For | ast.If) and not node.orelse else []
        call = node.value if isinstance(node, ast.Expr) else None
        if (inner and all(one in claims for one in inner)) or (
            isinstance(call, ast.Call) and ast.unparse(call.func) == "lesson.expect"
        ):
            claims.add(node)
    gone = {n for node in claims for n in range(node.lineno, node.end_lineno + 1)}
    lines = [line for n, line in enumerate(code.splitlines(), 1) if n not in gone]
    return lines if any(line.strip() for line in lines) else []


def folded(lines: list[str]) -> str:
    """Return code as Markdown, at most 15 lines of it."""
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if len(lines) > CODE_LINES:
        more = len(lines) - CODE_LINES + 1
        lines = [*lines[: CODE_LINES - 1], f"# ... {more} more lines in the lesson"]
    return fenced(lines)


def fenced(lines: list[str]) -> str:
    return "\n".join(["```python", *lines, "```"])


def plain(text: str) -> str:
    """Return Markdown without its links: a slide leads nowhere."""
    return LINK.sub(r"\1", text)


def blocks(text: str) -> list[str]:
    """Cut Markdown at blank lines; formulas, fenced code and folded text stay whole."""
    found, open_with = [], ""
    for piece in re.split(r"\n\s*\n", text.strip()):
        if open_with:
            found[-1] += "\n\n" + piece
        elif piece.strip():
            found.append(piece.strip())
            for mark, end in (("<details", "</details>"), ("```", "```")):
                if piece.lstrip().startswith(mark) and not whole(piece, mark, end):
                    open_with = end
        if open_with and open_with in piece and found[-1] != piece.strip():
            open_with = ""
    return [part for block in found for part in heading_apart(block)]


def whole(piece: str, mark: str, end: str) -> bool:
    return piece.count(end) >= (2 if mark == end else 1)


def heading_apart(block: str) -> list[str]:
    """A heading that has text right below it becomes a block of its own."""
    first, _, rest = block.partition("\n")
    return [first, rest.strip()] if first.startswith("#") and rest.strip() else [block]


def shorten(text: list[str], words: int) -> list[str]:
    """Return the beginning of these blocks: whole sentences, about so many words in all.

    The first block always gives its first sentence; a formula or a table after shown text stays.
    """
    shown, left = [], words
    for block in text:
        if block.startswith("#"):
            shown.append(block)
            continue
        if left <= 0:
            break
        short = (
            block if block.startswith(("$$", "|", "```", "![")) else first_sentences(block, left)
        )
        left -= 12 if short.startswith("$$") else len(short.split())
        shown.append(short)
    while shown and shown[-1].startswith("#"):
        shown.pop()
    return shown


def first_sentences(block: str, words: int, least: int = LEAST_WORDS) -> str:
    """Return the first sentences of a paragraph, or of each item of a list."""
    lines = block.splitlines()
    if all(ITEM.match(line) or line.startswith("  ") for line in lines):
        if len(block.split()) <= 1.5 * words:
            return block
        items = re.split(r"\n(?=\d+\. |[*-] )", block)
        return "\n".join(
            first_sentences(ITEM.sub("", i), 1, 1).join((ITEM.match(i)[0], "")) for i in items
        )
    told, count = [], 0
    for sentence in sentences(" ".join(lines)):
        count += len(sentence.split())
        if count > words and len(" ".join(told).split()) >= least:
            break
        told.append(sentence)
    return " ".join(told)


def sentences(text: str) -> list[str]:
    """Cut a paragraph into sentences; none ends inside a formula, code, bold or brackets."""
    found: list[str] = []
    for piece in SENTENCE.split(text):
        if found and not balanced(found[-1]):
            found[-1] += " " + piece
        else:
            found.append(piece)
    return found


def balanced(text: str) -> bool:
    """Whether all that was opened in `text` is closed again."""
    even = all(text.count(mark) % 2 == 0 for mark in ("$", "`", "**"))
    return even and text.count("(") <= text.count(")")
