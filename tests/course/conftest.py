from __future__ import annotations

import pytest

from aigc_teach.lab.judge import Verdict
from lab.conftest import own_folder  # noqa: F401  (every test keeps progress to itself)


@pytest.fixture(scope="class")
def judged() -> dict[int, Verdict]:
    """The verdicts on a lesson's wrong answers by their place in its table; each judged once."""
    return {}
