"""The formula clinic: 65 published formulas, each with an experiment that decides about it.

The formulas are the display formulas of five published tutorials, articles S0 (two parts, a and
b) to S4. Each has the form as printed and the correct one, both as Python functions beside their
LaTeX, and an experiment that computes with either: ``formula.run()`` gives the numbers,
``formula.established()`` the verdict that they imply.

>>> from aigc_teach.course.mathematics import formula_clinic as formulas
>>> formulas.find("F05").established()
'right'
"""

from . import exercises as _exercises  # noqa: F401  (registers them)
from .entry import VERDICTS, Check, Formula, decides, unmatched
from .judging import evidence_lines, find, forget, group, judge, label, rows, score, tally
from .register import FORMULAS, GROUPS
from .toys import slope

__all__ = [
    "FORMULAS",
    "GROUPS",
    "VERDICTS",
    "Check",
    "Formula",
    "decides",
    "evidence_lines",
    "find",
    "forget",
    "group",
    "judge",
    "label",
    "rows",
    "score",
    "slope",
    "tally",
    "unmatched",
]
