"""What holds for the exercises of every lesson, given its table of right and wrong answers."""

from __future__ import annotations

from collections.abc import Mapping

from aigc_teach.lab.judge import Verdict, judge
from lessons.places import here
from lessons.teach import read_mistakes, worth_telling


class Answers:
    """A lesson's test class inherits this and names its two tables.

    right: {exercise: [answers that are accepted]}; wrong: [(exercise, answer, words of the
    verdict)].
    """

    right: dict[str, list]
    wrong: list[tuple]
    sharing: Mapping[str, int] = {}  # exercise: wrong answers whose message another one got, too

    def pytest_generate_tests(self, metafunc):
        """One test for each exercise, or for each wrong answer."""
        if "place" in metafunc.fixturenames:
            ids = [f"{name}-{words}" for name, _, words in self.wrong]
            metafunc.parametrize("place", range(len(self.wrong)), ids=ids)
        elif "name" in metafunc.fixturenames:
            metafunc.parametrize("name", list(self.right))

    @classmethod
    def verdict(cls, judged: dict[int, Verdict], place: int) -> Verdict:
        """What the check says to the wrong answer at this place of the table."""
        if place not in judged:
            judged[place] = judge(*cls.wrong[place][:2])
        return judged[place]

    @classmethod
    def told(cls, judged: dict[int, Verdict], name: str) -> list[str]:
        """What the check says to each wrong answer of one exercise, in the table's order."""
        places = [place for place, (of, *_) in enumerate(cls.wrong) if of == name]
        return [cls.verdict(judged, place).message for place in places]

    def test_right(self, name):
        for answer in self.right[name]:
            verdict = judge(name, answer)
            assert verdict.state == "right", verdict.message

    def test_wrong(self, judged, place):
        verdict, words = self.verdict(judged, place), self.wrong[place][2]
        assert verdict.state == "wrong", verdict.message
        assert words in verdict.message, verdict.message

    def test_the_untouched_stub_is_not_yet_answered(self, name):
        assert judge(name, self.stub(name)).state == "not yet"

    def test_each_wrong_answer_has_its_own_message(self, judged, name):
        told = self.told(judged, name)
        assert len(set(told)) >= max(3, len(told) - self.sharing.get(name, 0))

    def test_the_lecturer_reads_what_the_check_says(self, judged, name):
        """`make teach` writes the mistakes' sentences down; a draft's are not there yet."""
        told = worth_telling(self.told(judged, name))
        assert read_mistakes(here()).get(name, told) == told

    def stub(self, name):
        """What an exercise holds before it is touched; a function unless a lesson says else."""
        return lambda *x: None
