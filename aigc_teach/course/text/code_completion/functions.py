"""Twenty functions of one line, written by hand, with their tests: what a completion must pass."""

from __future__ import annotations

import torch

from ....core import check_choice, check_count, check_text, make_generator, run_python
from ....core.sandbox import Outcome

TASKS = {
    "double(number)": ("Return twice the number.", "number * 2", "(3) == 6;(-1) == -2;(0) == 0"),
    "add(a, b)": ("Return the sum of a and b.", "a + b", "(2, 3) == 5;(-1, 1) == 0;(0, 4) == 4"),
    "largest(values)": (
        "Return the largest of the values.",
        "max(values)",
        "([1, 3, 2]) == 3;([-5, -2]) == -2;([4]) == 4",
    ),
    "smallest(values)": (
        "Return the smallest of the values.",
        "min(values)",
        "([1, 3, 2]) == 1;([-5, -2]) == -5;([4]) == 4",
    ),
    "total(values)": (
        "Return the sum of the values.",
        "sum(values)",
        "([1, 2, 3]) == 6;([]) == 0;([-1]) == -1",
    ),
    "mean(values)": (
        "Return the mean of the values.",
        "sum(values) / len(values)",
        "([1, 3]) == 2;([5]) == 5;([1, 2]) == 1.5",
    ),
    "is_even(number)": (
        "Return True if the number is even.",
        "number % 2 == 0",
        "(2) is True;(3) is False;(0) is True",
    ),
    "is_empty(values)": (
        "Return True if there are no values.",
        "not values",
        "([]) is True;([0]) is False;('') is True",
    ),
    "first(values)": ("Return the first value.", "values[0]", "([7, 8]) == 7;('ab') == 'a'"),
    "last(values)": ("Return the last value.", "values[-1]", "([7, 8]) == 8;('ab') == 'b'"),
    "length(values)": ("Return how many values there are.", "len(values)", "([]) == 0;('ab') == 2"),
    "reverse(text)": ("Return the text backwards.", "text[::-1]", "('abc') == 'cba';('') == ''"),
    "upper(text)": (
        "Return the text in upper case.",
        "text.upper()",
        "('abc') == 'ABC';('aB1') == 'AB1'",
    ),
    "strip(text)": (
        "Return the text without spaces at its ends.",
        "text.strip()",
        "(' a b ') == 'a b';('a') == 'a'",
    ),
    "words(text)": (
        "Return the words of the text.",
        "text.split()",
        "('a b') == ['a', 'b'];(' one ') == ['one']",
    ),
    "join(lines)": (
        "Return the lines joined by line ends.",
        "'\\n'.join(lines)",
        "(['a', 'b']) == 'a\\nb';(['a']) == 'a'",
    ),
    "identity(value)": ("Return the value itself.", "value", "(3) == 3;('a') == 'a';([]) == []"),
    "is_none(value)": (
        "Return True if the value is None.",
        "value is None",
        "(None) is True;(0) is False;([]) is False",
    ),
    "contains(values, value)": (
        "Return True if the value is among the values.",
        "value in values",
        "([1, 2], 1) is True;([1, 2], 3) is False",
    ),
    "keys(mapping)": (
        "Return the sorted keys of the mapping.",
        "sorted(mapping)",
        "({'b': 1, 'a': 2}) == ['a', 'b'];({}) == []",
    ),
}


def head(task: str) -> str:
    """What a completer is given: the function up to ``return``.

    >>> print(head("add(a, b)"))
    def add(a, b):
        \"\"\"Return the sum of a and b.\"\"\"
        return
    """
    check_choice("task", task, TASKS)
    return f'def {task}:\n    """{TASKS[task][0]}"""\n    return'


def program(task: str, completion: str) -> str:
    """The function and its tests."""
    begun, name = head(task), task.split("(")[0]
    tests = "\n".join(f"assert {name}{test}" for test in TASKS[task][2].split(";"))
    return f"{begun}{check_text('completion', completion).rstrip()}\n\n{tests}\n"


def outcome(task: str, completion: str, seen: dict | None = None) -> Outcome:
    """What becomes of a completion in a process of its own; each text is run once.

    Parameters
    ----------
    task : str
    completion : str
        What follows ``return``, up to the end of the line.
    seen : dict, optional
        Outcomes so far; the new one is added.
    """
    seen = {} if seen is None else seen
    code = program(task, completion)
    if code not in seen:
        seen[code] = run_python(code)
    return seen[code]


def tally(results: dict[str, list[Outcome]]) -> str:
    """How many completions of several tasks had which outcome, in words.

    >>> tally({"add(a, b)": [Outcome("error", "", "", 0.0)] * 2})
    '2 error'
    """
    verdicts = [result.verdict for each in results.values() for result in each]
    return ", ".join(f"{verdicts.count(kind)} {kind}" for kind in dict.fromkeys(verdicts))


def arguments(task: str) -> list[str]:
    """The names of a task's parameters.

    >>> arguments("add(a, b)")
    ['a', 'b']
    """
    check_choice("task", task, TASKS)
    return task[:-1].split("(")[1].split(", ")


PATTERNS = (
    "{a}", "len({a})", "max({a})", "min({a})", "sum({a})", "sorted({a})", "str({a})", "not {a}",
    "{a}[0]", "{a}[-1]", "{a}.upper()", "{a}.split()", "{a}.strip()", "{a} is None", "{a} + {b}",
    "{a} * {b}", "{a} in {b}", "{b} in {a}", "{a} == {b}", "{a} % 2 == 0",
)  # fmt: skip


def by_pattern(task: str, n: int, seed: int) -> list[str]:
    """A baseline that has learnt nothing: n short expressions over the parameters, at random."""
    names, g = arguments(task), make_generator(seed)
    picks = torch.randint(len(PATTERNS), (check_count("n", n),), generator=g).tolist()
    return [" " + PATTERNS[k].format(a=names[0], b=names[-1]) for k in picks]
