"""Each house rule rejects a lesson that breaks it, with a sentence; the sample keeps them all."""

from __future__ import annotations

import pytest

LONG = "\n".join(f"x{i} = {i}" for i in range(31))

# (what to replace in the sample, with what, what the check must say)
FAULTS = {
    "unknown tag": ("[picture]", "[pictures]", "the tag 'pictures' is unknown"),
    "open solution": (
        "[solution, hide-input]",
        "[solution]",
        "has the tags [solution, hide-input]",
    ),
    "long cell": ("print(1 + 1)", LONG, "has 31 lines; at most 30"),
    "install": ("print(1 + 1)", "!pip install torch", "no ! or % command"),
    "magic": ("print(1 + 1)", "%matplotlib inline", "no ! or % command"),
    "directive": ("You added.", ":::{note}\nYou added.\n:::", "directives show as raw text"),
    "role": ("You added.", "As {cite}`kingma2014` says.", "directives show as raw text"),
    "no set-up": ('lab.setup("01_sample/01_sample", seed=0)', "None", "calls lab.setup"),
    "no heading": ("## Recap\n", "", "'## Recap' is missing"),
    "wrong order": ("## You will be able to", "## Set-up", "'## You will be able to' is missing"),
    "few rounds": ("## Draw", "### Draw", "2 rounds between Set-up"),
    "nothing from nothing": (
        "## From nothing",
        "## From little",
        "no round begins '## From nothing'",
    ),
    "two titles": ("You learn how", "# Again\n\nYou learn how", "has one title"),
    "no lead picture": (
        "![A row of three bars that grow from left to right](figures/01_sample.png)",
        "",
        "shows one picture of the end result",
    ),
    "wrong budget": (
        "About 5 minutes",
        "About 4 minutes",
        "must hold this line: **Budget.** About 5",
    ),
    "minutes of its own": ("memory_gb: 1.0", "reading_minutes: 9\n  memory_gb: 1.0", "must hold"),
    "too much memory": ("memory_gb: 1.0", "memory_gb: 3.0", "keeps to 2 GB"),
    "no prediction": ("**Predict.** What is one and one?", "", "asks no '**Predict.**'"),
    "no explanation": ("It does not.\n\n+++\n\nA cell of its own.\n", "", "ends in code"),
    "round without code": ("```{code-cell} python\nprint(1 + 1)\n```", "", "2 rounds between"),
    "few exercises": ("### Exercise 3: add once more", "", "at least 3 headings '### Exercise N"),
    "stub without check": ('lab.check("01/two", two)', "", "ends in lab.check"),
    "untitled solution": ("# @title Solution 2", "# the solution", "'# @title Solution N'"),
    "few answers": (
        "<details>\n<summary>Answer</summary>\n\nFive.\n\n</details>",
        "",
        "at least 5",
    ),
    "open details": ("It is: $1 = 1$.\n\n</details>", "It is.", "must close in the cell"),
    "no alt": ("A row of three bars that grow from left to right", "bars", "needs an alt text"),
    "remote picture": ("(figures/01_sample.png)", "(https://x.org/a.png)", "would be fetched"),
    "missing picture": ("figures/01_sample.png", "figures/none.png", "none.png does not exist"),
    "html picture": ("You added.", '<img src="figures/01_sample.png">', "not as <img>"),
    "dead link": ("../glossary.md#latent-space", "../glosary.md", "glosary.md leads nowhere"),
    "dead anchor": ("#latent-space", "#latent", "leads to no heading of glossary.md"),
    "anchor in a lesson": ("02_other.md)", "02_other.md#look)", "names an anchor in a lesson"),
    "unknown key": ("#kingma2014)", "#kingma2013)", "kingma2013 is not in references.bib"),
    "wrong year": (
        "[Kingma & Welling 2014]",
        "[Kingma & Welling 2013]",
        "should name Kingma and 2014",
    ),
    "unlisted": (
        "- [Kingma & Welling 2014](../references.md#kingma2014)",
        "- It",
        "missing from the",
    ),
    "no budget": ("memory_gb: 1.0", "memory: 1.0", "must hold budget (learn, ci) and memory_gb"),
    "no kernel": ("name: python3", "name: julia", "must hold the kernelspec"),
}


def problems_of(course, text: str) -> list[str]:
    from lessons.checks import check_all

    (course.book / "01_sample" / "01_sample.md").write_text(text, "utf-8")
    return check_all(course)


def test_the_sample_keeps_every_rule(course, sample_text):
    assert problems_of(course, sample_text) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_rule_is_told_in_a_sentence(course, sample_text, fault):
    old, new, sentence = FAULTS[fault]
    assert old in sample_text
    problems = problems_of(course, sample_text.replace(old, new))
    assert any(sentence in problem for problem in problems), problems
    assert all("01_sample.md" in problem for problem in problems), problems


def test_a_problem_names_its_line(course, sample_text):
    old, new, _ = FAULTS["dead link"]
    text = sample_text.replace(old, new)
    line = 1 + text[: text.index(new)].count("\n")
    assert f"book/01_sample/01_sample.md:{line}: " in problems_of(course, text)[0]


def test_the_front_matter_may_ask_for_less(course, sample_text):
    text = sample_text.replace("memory_gb: 1.0", "memory_gb: 1.0\n  exercises: 2\n  questions: 1")
    text = text.replace("### Exercise 3: add once more", "")
    assert problems_of(course, text) == []


def test_a_bibliography_entry_needs_a_venue_and_an_address(course, sample_text):
    path = course.bibliography
    entry = "@misc{nobody1999, author = {Nobody, A.}, title = {T}, year = {1999}}"
    path.write_text(path.read_text("utf-8") + "\n" + entry, "utf-8")
    assert "nobody1999 needs author, title, year and a venue" in problems_of(course, sample_text)[0]
