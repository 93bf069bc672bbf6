"""What holds for the exercises of every lesson, given its table of right and wrong answers."""

from __future__ import annotations

from aigc_teach.lab.judge import judge


class Answers:
    """A lesson's test class inherits this and names its two tables.

    right: {exercise: [answers that are accepted]}; wrong: [(exercise, answer, words of the
    verdict)].
    """

    right: dict[str, list]
    wrong: list[tuple]

    def pytest_generate_tests(self, metafunc):
        """One test for each exercise, or for each wrong answer."""
        if "words" in metafunc.fixturenames:
            metafunc.parametrize("name, answer, words", self.wrong)
        elif "name" in metafunc.fixturenames:
            metafunc.parametrize("name", list(self.right))

    def test_right(self, name):
        for answer in self.right[name]:
            verdict = judge(name, answer)
            assert verdict.state == "right", verdict.message

    def test_wrong(self, name, answer, words):
        verdict = judge(name, answer)
        assert verdict.state == "wrong", verdict.message
        assert words in verdict.message, verdict.message

    def test_the_untouched_stub_is_not_yet_answered(self, name):
        assert judge(name, self.stub(name)).state == "not yet"

    def test_each_wrong_answer_has_its_own_message(self, name):
        told = [judge(name, answer).message for n, answer, _ in self.wrong if n == name]
        assert len(set(told)) == len(told) >= 3

    def stub(self, name):
        """What an exercise holds before it is touched; a function unless a lesson says else."""
        return lambda *x: None
