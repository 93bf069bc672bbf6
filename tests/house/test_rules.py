"""The project keeps the house rules, and each rule can tell when it is broken."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from house import rules

ROOT = Path(__file__).resolve().parents[2]
HEAD = '"""A module."""\n\nfrom __future__ import annotations\n\n'


def sentences(found: list[str]) -> str:
    return "\n" + "\n".join(found)


@pytest.mark.parametrize("rule", rules.PACKAGE_RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule):
    found = rule(ROOT / "aigc_teach")
    assert not found, sentences(found)


@pytest.mark.parametrize("rule", rules.ROOT_RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule):
    found = rule(ROOT)
    assert not found, sentences(found)


def test_tools_unpickle_nothing_hide_nothing_and_ask_no_shell():
    # one place runs the stored solutions that stand in the lessons' own sources
    allowed = re.compile(r"mutation/solutions\.py:\d+: calls exec\.")
    found = rules.unpickling(ROOT / "tools") + rules.swallowed_errors(ROOT / "tools")
    found += rules.shells(ROOT / "tools")
    found = [sentence for sentence in found if not allowed.fullmatch(sentence)]
    assert not found, sentences(found)


def test_notebooks_are_stored_without_outputs():
    found = rules.outputs(ROOT / "notebooks")
    assert not found, sentences(found)


PLANTED = [
    (rules.floors, "models/vae.py", HEAD + "from ..data import digits\n", "models imports data"),
    (rules.floors, "train/fit.py", HEAD + "from .. import models\n", "train imports models"),
    (rules.floors, "viz/grid.py", HEAD + "import aigc_teach.widgets\n", "viz imports widgets"),
    (rules.floors, "core/a.py", HEAD + "def f():\n    from aigc_teach.nn import mlp\n", "core"),
    (rules.floors, "lab/a.py", HEAD + "from ..cli import main\n", "lab imports cli"),
    (rules.floors, "attic/old.py", HEAD, "no floor"),
    (rules.floors, "zoo/a.py", HEAD + "from ..course.models import vae\n", "zoo imports course"),
    (rules.floors, "lab/a.py", HEAD + "from ..course import models\n", "lab imports course"),
    (
        rules.parts_of_the_course,
        "course/models/vae.py",
        HEAD + "from ..clinic.common import case\n",
        "part models imports part clinic",
    ),
    (
        rules.looks_up_at_the_course,
        "lab/judge.py",
        HEAD + "def f():\n    return importlib.import_module('aigc_teach.course')\n",
        "names aigc_teach.course",
    ),
    (rules.unpickling, "zoo/a.py", "import pickle\n", "imports pickle"),
    (rules.unpickling, "zoo/a.py", "import torch\ntorch.load('x')\n", "calls torch.load"),
    (rules.unpickling, "data/a.py", "np.load('x', allow_pickle=True)\n", "np.load"),
    (rules.unpickling, "lab/a.py", "eval('1')\n", "calls eval"),
    (rules.shells, "core/a.py", "os.system('ls')\n", "calls os.system"),
    (rules.shells, "cli.py", "subprocess.run('ls | wc', shell=True)\n", "passes shell=True"),
    (rules.shells, "data/a.py", "subprocess.Popen(words, shell=posix)\n", "passes shell=True"),
    (rules.swallowed_errors, "a.py", "try:\n    f()\nexcept:\n    g()\n", "hides"),
    (rules.swallowed_errors, "a.py", "try:\n    f()\nexcept Exception:\n    pass\n", "hides"),
    (rules.printing, "train/fit.py", "print('step')\n", "prints"),
    (
        rules.docstrings,
        "core/a.py",
        '"""A."""\nclass A:\n    """A."""\n    def f(self): ...\n',
        "f has no",
    ),
    (rules.docstrings, "core/a.py", "x = 1\n", "module has no docstring"),
    (rules.said_twice, "a.py", f'"""A.\n\n{"word " * 9}\n{"word " * 9}\n"""', "stands twice"),
    (rules.unfinished, "core/a.py", HEAD + "# TO" + "DO later\n", "holds"),
    (rules.unfinished, "core/a.py", HEAD + "from torch import *\n", "star import"),
    (rules.unfinished, "core/a.py", '"""A."""\n', "lacks"),
    (rules.device_by_brand, "losses/a.py", "y = x if x.is_cuda else 0\n", "asks is_cuda"),
    (rules.device_by_brand, "models/a.py", "x = x.cuda()\n", "calls .cuda()"),
    (rules.device_by_brand, "train/a.py", "d = x.device.type == 'cuda'\n", "with 'cuda'"),
    (rules.device_by_brand, "nn/a.py", "d = str(x.device) == 'cuda:0'\n", "with 'cuda:0'"),
    (rules.device_by_brand, "train/a.py", "d = kind in ('cpu', 'mps')\n", "with 'mps'"),
]


@pytest.mark.parametrize(("rule", "place", "text", "complaint"), PLANTED)
def test_a_planted_violation_is_found(rule, place, text, complaint, tmp_path):
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    found = rule(tmp_path)
    assert len(found) >= 1
    assert complaint in found[0]


def test_what_is_allowed_is_not_complained_about(tmp_path):
    good = HEAD + "from ..core import Loss\nfrom . import other\nimport torch\n"
    (tmp_path / "models").mkdir()
    (tmp_path / "models/vae.py").write_text(good)
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/words.py").write_text(HEAD + "print('hello')\n")
    for rule in rules.PACKAGE_RULES:
        assert rule(tmp_path) == [], rule.__name__


def test_a_stored_output_is_found(tmp_path):
    cell = {"cell_type": "code", "outputs": [{"text": "1"}], "execution_count": None}
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [cell]}))
    assert rules.outputs(tmp_path) == ["a.ipynb: cell 0 holds an output or a count."]


@pytest.mark.parametrize("text", ["see /ho" + "me/ann/a.py", "https://py" + "pi.org/simple"])
def test_a_private_place_is_found(text, tmp_path):
    (tmp_path / "README.md").write_text(text)
    assert len(rules.private_places(tmp_path)) == 1


def test_addresses_and_relative_paths_are_not_private(tmp_path):
    (tmp_path / "README.md").write_text("https://example.org/home/page notebooks/root/x ./tmp/a")
    assert rules.private_places(tmp_path) == []


def test_a_tree_out_of_step_is_found(tmp_path):
    (tmp_path / "aigc_teach/core").mkdir(parents=True)
    (tmp_path / "aigc_teach/core/__init__.py").touch()
    (tmp_path / "README.md").write_text("```text\naigc_teach/\n  cores/  what\n```\n")
    found = rules.readme_tree(tmp_path)
    assert found == [
        "README.md: the tree lacks core.",
        "README.md: the tree shows cores, which is not there.",
    ]


def test_line_ends_and_bytes_that_git_would_change_are_found(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book/a.png").write_bytes(b"\x89PNG\0")
    (tmp_path / "book/a.md").write_text("words")
    assert rules.line_ends(tmp_path) == [
        ".gitattributes: lacks `* text=auto eol=lf`.",
        ".gitattributes: does not call *.png binary (a.png).",
    ]
    (tmp_path / ".gitattributes").write_text("* text=auto eol=lf\n*.png binary\n")
    assert rules.line_ends(tmp_path) == []


def test_an_unknown_make_command_is_found(tmp_path):
    (tmp_path / "Makefile").write_text("lab: env ## open\n")
    (tmp_path / "README.md").write_text("Run `make lab` or\nmake dinner\n")
    assert rules.make_commands(tmp_path) == ["README.md: there is no `make dinner`."]


def test_a_lesson_that_imports_its_neighbour_is_found(tmp_path):
    part = tmp_path / "course" / "models"
    part.mkdir(parents=True)
    (part / "gan.py").write_text(HEAD)
    (part / "vae.py").write_text(HEAD + "from .gan import exercise\n")
    assert rules.parts_of_the_course(tmp_path) == [
        "course/models/vae.py:5: lesson vae imports lesson gan."
    ]
