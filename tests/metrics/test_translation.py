"""Scores of translations: counted out by hand, at their ends, and what is refused.

That BLEU and chrF are sacrebleu's is tested in tests/outside/test_sacrebleu.py.
"""

from __future__ import annotations

import math

import pytest

from aigc_teach import metrics
from aigc_teach.core import AigcError
from aigc_teach.metrics import translation

TEXTS = ["the cat sat on the mat", "it was a fine day for it"]


@pytest.mark.parametrize("score", [metrics.bleu, metrics.chrf])
def test_the_reference_itself_is_100_and_nothing_in_common_0(score):
    assert math.isclose(score(TEXTS, TEXTS), 100)
    assert score(["zzz qqq xxx vvv"], ["the cat sat on"]) == 0
    assert score(["", ""], TEXTS) == 0
    assert score(TEXTS, ["", ""]) == 0


def test_bleu_by_hand():
    # 5, 3, 2 and 1 runs of 6, 5, 4 and 3 stand there; no penalty: as long as the reference
    found, reference = ["the cat sat on a mat"], ["the cat sat on the mat"]
    by_hand = 100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** (1 / 4)
    assert math.isclose(metrics.bleu(found, reference), by_hand)
    short = metrics.bleu(["the cat sat on"], reference)
    assert math.isclose(short, 100 * math.exp(1 - 6 / 4))


def test_a_run_counts_at_most_as_often_as_it_stands_there():
    assert metrics.bleu(["the the the the the"], ["the cat"]) < 20


def test_a_corpus_is_not_the_mean_of_its_sentences():
    found, references = ["the cat sat on the mat", "a b"], ["the cat sat on the mat", "c d e f g"]
    mean = sum(metrics.bleu([a], [b]) for a, b in zip(found, references, strict=True)) / 2
    assert abs(metrics.bleu(found, references) - mean) > 5


def test_chinese_is_scored_by_characters():
    found, reference = ["打开一个新文件"], ["打开一个文件"]
    assert metrics.bleu(found, reference) == 0
    for tokens in ("char", "zh"):
        assert metrics.bleu(found, reference, tokens=tokens) > 40


def test_a_latin_name_is_one_token_of_zh_and_many_of_char():
    found, reference = ["打开JupyterLab"], ["关闭JupyterLab"]
    assert metrics.bleu(found, reference, tokens="char") > 80
    assert metrics.bleu(found, reference, tokens="zh") < 40


def test_placeholders_may_change_places_and_none_may_be_lost_or_added():
    sources = ["%1 of %2", "Open %1", "Save %1", "{n} files", "Quit"]
    found = ["%2 的 %1", "打开", "%1 %1", "{n} 个", "退出 %1"]
    assert metrics.placeholders_kept(sources, found) == 0.5
    assert metrics.placeholders_kept(["Quit"], ["%1"]) == 1


def test_exact_match_is_of_whole_texts():
    assert metrics.exact_match(["a", "b", "c "], ["a", "B", "c"]) == 1 / 3


@pytest.mark.parametrize(
    "score", [metrics.bleu, metrics.chrf, metrics.exact_match, metrics.placeholders_kept]
)
@pytest.mark.parametrize(
    ("found", "references", "words"),
    [
        ([], [], "at least"),
        (["a"], ["a", "b"], "1 and 2"),
        ("a", ["a"], "lists"),
        ([None], ["a"], "str"),
    ],
)
def test_bad_input_is_one_sentence(score, found, references, words):
    with pytest.raises(AigcError, match=words):
        score(found, references)


def test_unknown_tokens_are_answered_with_the_list():
    with pytest.raises(AigcError, match="'13a', 'char', 'zh'"):
        metrics.bleu(TEXTS, TEXTS, tokens="words")
    with pytest.raises(AigcError, match="order"):
        metrics.chrf(TEXTS, TEXTS, order=0)


def test_ten_thousand_characters_are_scored():
    long = ["a b c d " * 1250]
    assert math.isclose(metrics.bleu(long, long), 100)
    assert translation.words("") == []
