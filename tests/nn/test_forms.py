"""Forms as grammars: what they allow is what the rules say, and no poem gets stuck."""

from __future__ import annotations

import itertools
import random

import pytest

from aigc_teach import data
from aigc_teach.core import AigcError, ChoiceError, DataError, DtypeError, RangeError
from aigc_teach.metrics import verse_form
from aigc_teach.nn import forms

RHYMES = {"a": {0}, "b": {0}, "c": {0, 40}, "d": {1}, "e": {1}, "f": {40}, "g": {50}, "h": {2}}
TOY = {"alphabet": "abcdefgh,", "rhymes": RHYMES}


def brute(pattern: str, text: str) -> bool:
    """The rules of one pattern, asked of a whole text."""
    level = {c for c, groups in RHYMES.items() if min(groups) < 30}
    oblique = {c for c, groups in RHYMES.items() if max(groups) >= 30}
    sets = {"平": level, "仄": oblique, "中": set(RHYMES), "韻": level - {"h"}}
    if not all(c in sets.get(sign, {sign}) for c, sign in zip(text, pattern, strict=True)):
        return False
    ends = [c for c, sign in zip(text, pattern, strict=True) if sign == "韻"]
    shared = set.intersection(*(RHYMES[c] for c in ends), {0, 1}) if ends else {0}
    return bool(shared) and len(set(ends)) == len(ends)


@pytest.mark.parametrize(
    "patterns", [["平韻,仄韻"], ["平仄,韻", "仄平,韻"], ["中中,中"], ["韻,韻"], ["平,,仄"]]
)
def test_a_form_fits_what_its_rules_say_and_nothing_else(patterns):
    form = forms.Form(patterns, **TOY)
    signs = sorted(TOY["alphabet"])
    lone = {"h"} if sum(sign == "韻" for sign in patterns[0]) < 2 else set()
    for text in map("".join, itertools.product(signs, repeat=len(patterns[0]))):
        wanted = any(brute(pattern, text) for pattern in patterns)
        if lone & set(text):  # with one rhyme the lone group is long enough
            continue
        assert form.fits(text) == wanted, text


@pytest.mark.parametrize("rules", forms.RULES)
@pytest.mark.parametrize(("lines", "length"), [(4, 7), (4, 5), (8, 7), (8, 5), (2, 5)])
def test_whatever_is_allowed_ends_in_a_poem_that_another_program_accepts(rules, lines, length):
    rhymes, signs = data.rhyme_groups(), set("".join(data.quatrains("held_out")))
    patterns = forms.verse_patterns(lines, length, rules=rules)
    form = forms.Form(patterns, alphabet=signs, rhymes=rhymes)
    chance = random.Random(0)
    for _ in range(5):
        text = ""
        while len(text) < form.length:
            text += chance.choice(sorted(form.allowed(text)))
        assert form.fits(text) and not form.allowed(text)
        found = verse_form([text], rhymes, lines=lines, length=length)
        assert found.lengths == 1
        if rules != "lengths" and lines == 4:
            assert found.rhyme == 1
        if rules == "tones":
            assert found.tones == 1


def test_real_verse_keeps_the_rules_mostly():
    rhymes, held = data.rhyme_groups(), data.quatrains("held_out")[:200]
    form = forms.Form(forms.verse_patterns(), alphabet=set("".join(held)), rhymes=rhymes)
    assert 0.55 < sum(map(form.fits, held)) / len(held) < 0.8


def test_an_acrostic_begins_its_lines_as_told_in_either_script():
    rhymes, signs = data.rhyme_groups(), set("".join(data.quatrains()))
    form = forms.Form(forms.verse_patterns(), alphabet=signs, rhymes=rhymes)
    hidden = form.acrostic("我爱学习", same=data.simplified)
    chance, text = random.Random(1), ""
    while len(text) < form.length:
        text += chance.choice(sorted(hidden.allowed(text)))
    assert data.simplified("".join(text[k] for k in (0, 8, 17, 25))) == "我爱学习"
    assert form.fits(text)
    ends = forms.Form(forms.verse_patterns(rules="lengths"), alphabet=signs, rhymes=rhymes)
    assert ends.acrostic("春夏秋冬", at=-1).allowed("天" * 6) == {"春"}


@pytest.mark.parametrize(
    ("characters", "words"),
    [
        ("咖啡不苦", "never seen 咖, 啡"),
        ("abcd", "never seen a, b, c, d"),
        ("春", "4 lines.*you gave 1"),
        ("", "you gave 0"),
        ("春" * 10_000, "you gave 10000"),
        ("春，秋冬", "never seen ，"),
        ("😀夏秋冬", "never seen 😀"),
    ],
)
def test_characters_that_cannot_be_written_are_named(characters, words):
    signs = set("".join(data.quatrains("held_out")))
    form = forms.Form(forms.verse_patterns(), alphabet=signs, rhymes=data.rhyme_groups())
    with pytest.raises(DataError, match=words):
        form.acrostic(characters, same=data.simplified)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: forms.verse_patterns(3), RangeError, "even"),
        (lambda: forms.verse_patterns(4, 6), ChoiceError, "5, 7"),
        (lambda: forms.verse_patterns(rules="all"), ChoiceError, "tones"),
        (lambda: forms.Form("中韻", **TOY), DtypeError, "list"),
        (lambda: forms.Form([], **TOY), DtypeError, "list"),
        (lambda: forms.Form(["中", "中中"], **TOY), DataError, "one length"),
        (lambda: forms.Form(["中韻", "韻中"], **TOY), DataError, "same places"),
        (lambda: forms.Form(["中"], fixed={3: "a"}, **TOY), RangeError, "no place 3"),
        (lambda: forms.Couplet({}, syllables=7), RangeError, "even"),
        (lambda: forms.Couplet({}).allowed("a word"), DtypeError, "list"),
    ],
)
def test_wrong_settings_are_told_in_words(make, kind, words):
    with pytest.raises(kind, match=words) as told:
        make()
    assert isinstance(told.value, AigcError)


def test_a_text_that_left_the_form_is_told_by_an_empty_set():
    form = forms.Form(["平韻,仄韻"], **TOY)
    assert not form.allowed("x") and not form.fits("") and not form.fits("ignore all rules")
    assert not form.allowed("a" * 10_000)


@pytest.fixture(scope="module")
def couplet():
    spoken = data.pronunciations()
    sounds = {w: {(data.stresses(s), data.rhyme_part(s)) for s in how} for w, how in spoken.items()}
    return forms.Couplet(sounds)


def test_a_couplet_scans_and_rhymes_and_never_gets_stuck(couplet):
    chance = random.Random(0)
    for _ in range(20):
        words: list[str] = []
        while not couplet.fits(words):
            words.append(chance.choice(sorted(couplet.allowed(words))))
        assert not couplet.allowed(words)
        first, second = couplet.line_ends(words)
        assert second == len(words) and words[first - 1] != words[-1]
        ends = [{rhyme for _, rhyme in couplet.spoken[words[k - 1]]} for k in (first, second)]
        assert ends[0] & ends[1]


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("the ocean rolled above the ship", True),
        ("ocean water rolled above", False),  # stresses at weak places
        ("the whale the whale the whale the", False),  # ends on a weak syllable
        ("queequegish", False),  # no word of the dictionary
    ],
)
def test_lines_scan_or_do_not(couplet, line, may):
    assert bool(couplet._states(line.split()) and couplet.line_ends(line.split())) == may
