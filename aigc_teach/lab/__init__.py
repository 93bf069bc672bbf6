"""What a notebook's first cell and its exercises use.

``lesson = lab.setup("03_models/02_vae")`` begins a notebook; ``lab.check``, ``lab.hint`` and
``lab.quiz`` answer in words; ``lab.progress`` and ``lab.forget`` belong to the learner;
``lab.assert_right`` lets a test or a grader ask what ``lab.check`` asks.
"""

from .judge import assert_right, check, hint
from .lesson import Lesson, setup
from .quizzes import quiz
from .record import forget
from .way import progress

__all__ = ["Lesson", "assert_right", "check", "forget", "hint", "progress", "quiz", "setup"]
