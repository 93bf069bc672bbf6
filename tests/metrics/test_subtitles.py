"""Rules of reading, and errors of times."""

from __future__ import annotations

import pytest

from aigc_teach.core import AigcError
from aigc_teach.metrics import Rules, broken_rules, reading_speed, rule_counts, time_errors


@pytest.mark.parametrize(
    ("cues", "rule"),
    [
        ([(0, 1, "x" * 18)], "speed"),
        ([(0, 6, "x" * 43)], "width"),
        ([(0, 2, "a\nb\nc")], "lines"),
        ([(0, 0.8, "a")], "shortest"),
        ([(0, 7.1, "a")], "longest"),
        ([(0, 1, "a"), (1.05, 3, "b")], "gap"),
        ([(0, 2, "a"), (1.5, 3, "b")], "overlap"),
        ([(2, 3, "a"), (1, 1.9, "b")], "order"),
    ],
)
def test_each_rule_is_broken_alone(cues, rule):
    assert rule_counts(cues) == {rule: 1}


def test_at_the_limit_no_rule_is_broken():
    assert (
        broken_rules([(0, 2, "x" * 34), (2 + 2 / 24, 9 + 2 / 24, "x" * 42 + "\n" + "y" * 42)]) == []
    )
    assert broken_rules([(0, round(5 / 6, 3), "a")]) == []
    assert rule_counts([(0, 1, "\u96e8" * 10)], Rules(speed=9.0, width=16)) == {"speed": 1}
    assert reading_speed(0, 2, "ab\ncd") == 2


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: broken_rules([(1, 1, "a")]), "end after"),
        (lambda: broken_rules([(1, 2)]), "must be"),
        (lambda: reading_speed(1, 1, "a"), "no reading speed"),
        (lambda: time_errors([(0, 1)], []), "word by word"),
        (lambda: time_errors([], []), "no words"),
    ],
)
def test_bad_input_is_a_sentence(call, sentence):
    with pytest.raises(AigcError, match=sentence):
        call()


def test_a_common_delay_is_the_bias():
    true = [(k, k + 0.5) for k in range(9)]
    late = time_errors([(a + 0.06, b + 0.06) for a, b in true], true)
    assert late.median == pytest.approx(60) and late.bias == pytest.approx(60) and late.within == 0
