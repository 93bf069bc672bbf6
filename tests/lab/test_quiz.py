import pytest

from aigc_teach import lab

pytestmark = pytest.mark.usefixtures("demo")


def test_shows_the_question(capsys):
    assert lab.quiz("99/q1") is None
    shown = capsys.readouterr().out
    assert "Which one squares?\n  a) x + x\n  b) x * x\n" in shown
    assert "doubles" not in shown and "Times itself" not in shown  # reasons come with answers
    lab.quiz("99/q1", ...)
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize("answer", ["b", "B", " b ", "b)", "(b)", "b."])
def test_right(answer, capsys):
    assert lab.quiz("99/q1", answer) is None
    assert capsys.readouterr().out == "Right: b. Times itself.\n"


def test_wrong_says_why_and_gives_nothing_away(capsys):
    lab.quiz("99/q1", "a")
    assert capsys.readouterr().out == "Not a. That doubles. Try another letter.\n"


@pytest.mark.parametrize("answer", ["c", "", "x * x", 2, True, ["b"], b"b", object(), "\ud800b"])
def test_no_letter(answer, capsys):
    assert lab.quiz("99/q1", answer) is None
    assert "Choose one of a, b, in quotes" in capsys.readouterr().out


def test_an_object_that_pretends_to_be_text(capsys):
    class Sly(str):
        def strip(self, *args):
            raise RuntimeError("no")

    lab.quiz("99/q1", Sly("b"))
    assert "Choose one of" in capsys.readouterr().out
