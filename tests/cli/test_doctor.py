"""The doctor finds what is wrong, names the cure, and never falls over itself."""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import types
from importlib import metadata
from pathlib import Path

import pytest

from aigc_teach import doctor
from aigc_teach.doctor import Finding

REQUIRES = ["torch>=2.6", "numpy>=1.26", 'jupyterlab>=4.2; extra == "lab"']
HERE = {"torch": "2.13.0+cpu", "numpy": "2.4.6", "jupyterlab": "4.6.6"}


def installed_from(versions: dict[str, str]):
    def installed(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    return installed


def states(findings: list[Finding]) -> dict[str, str]:
    return {finding.what: finding.state for finding in findings}


@pytest.mark.parametrize(
    ("newer", "older"),
    [("2.13.0", "2.6"), ("2.13.0+cpu", "2.13.0"), ("3.0rc1", "2.9.9"), ("8.1", "7.7.1")],
)
def test_versions_compare_by_number(newer, older):
    assert doctor.version_numbers(newer) >= doctor.version_numbers(older)
    assert not doctor.version_numbers("2.5.1") >= doctor.version_numbers("2.6")


def test_an_old_python_is_a_problem():
    assert states(doctor.check_python((3, 10, 4))) == {"python": "problem"}
    assert states(doctor.check_python((3, 11, 0))) == {"python": "ok"}


def test_packages_inside_their_ranges_are_fine():
    findings = doctor.check_packages(REQUIRES, installed_from(HERE))
    assert states(findings) == {"torch": "ok", "numpy": "ok", "jupyterlab": "ok"}


def test_an_old_package_is_a_problem_with_its_cure():
    (torch, *_) = doctor.check_packages(REQUIRES, installed_from(HERE | {"torch": "2.5.1"}))
    assert torch.state == "problem"
    assert torch.remedy == 'pip install "torch>=2.6"'


def test_a_missing_package_is_a_problem_but_a_missing_jupyterlab_a_note():
    findings = doctor.check_packages(REQUIRES, installed_from({}))
    assert states(findings) == {"torch": "problem", "numpy": "problem", "jupyterlab": "note"}


def test_the_real_metadata_names_every_package_shown():
    found = [finding.what for finding in doctor.check_packages()]
    assert found == list(doctor.PACKAGES)


@pytest.mark.parametrize(("total", "state"), [(1e9, "problem"), (3e9, "note"), (8e9, "ok")])
def test_memory(total, state):
    assert states(doctor.check_memory(total)) == {"memory": state}


@pytest.mark.parametrize(("free", "state"), [(1e8, "problem"), (1e9, "ok")])
def test_disk(free, state):
    assert states(doctor.check_disk(free)) == {"disk": state}


def test_damaged_data_is_a_problem_with_its_cure(monkeypatch):
    from aigc_teach import data

    monkeypatch.setattr(data, "verify", lambda: ["digits28.npz is damaged."])
    assert doctor.check_data() == [
        Finding("data", "problem", "digits28.npz is damaged.", doctor.again())
    ]


def test_damaged_weights_are_a_problem(monkeypatch):
    from aigc_teach import zoo

    monkeypatch.setattr(zoo, "verify", lambda: ["vae.safetensors is damaged."])
    (finding,) = doctor.check_weights()
    assert finding.state == "problem" and "vae" in finding.words


def test_a_driver_without_a_matching_torch_is_a_note(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "nvidia-smi")
    found = {finding.what: finding for finding in doctor.check_machine()}
    if found["device"].words.startswith("cpu"):
        assert found["gpu"].state == "note" and "TORCH=default" in found["gpu"].remedy


def test_a_check_that_breaks_is_a_problem_not_a_traceback():
    def check_everything():
        raise ZeroDivisionError("by zero\nmore")

    (finding,) = doctor.examine([check_everything])
    assert finding[:3] == ("everything", "problem", "cannot be checked: by zero")


@pytest.mark.parametrize(
    ("hide", "words"),
    [
        ("sys.modules['torch'] = None", "torch loads"),
        ("import types; sys.modules['torch'] = types.ModuleType('torch')", "problem"),
    ],
)
def test_it_speaks_even_without_torch(hide, words):
    code = f"import sys; {hide}; from aigc_teach.cli import main; sys.exit(main(['doctor']))"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, encoding="utf8"
    )
    assert done.returncode == 1
    assert words in done.stdout and "Traceback" not in done.stdout + done.stderr
    assert "stand" in done.stdout.splitlines()[-1]


def test_each_line_says_its_state_in_words_too():
    text = doctor.report([Finding("a", "ok", "fine"), Finding("b", "problem", "bad", "mend it")])
    assert "✓ ok " in text and "✗ problem " in text and "→ mend it" in text
    assert text.endswith("1 problem stands in the way; each line says the cure.")


def test_a_plain_terminal_gets_plain_signs(monkeypatch):
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding="ascii"))
    monkeypatch.setattr(doctor, "CHECKS", ())
    monkeypatch.setattr(doctor, "examine", lambda: [Finding("a", "problem", "bad", "mend it")])
    assert doctor.doctor() == 1
    sys.stdout.flush()
    assert b"x problem" in buffer.getvalue() and b"-> mend it" in buffer.getvalue()


def test_every_problem_here_has_a_cure_and_the_exit_code_is_honest(capsys):
    findings = doctor.examine()
    assert all(finding.remedy for finding in findings if finding.state == "problem")
    code = doctor.doctor()
    assert code == int(any(finding.state == "problem" for finding in findings))
    shown = capsys.readouterr().out
    assert "not needed" in shown
    assert len(shown.splitlines()) <= 30, "one screen"


def test_a_sound_machine_can_run_the_course():
    findings = doctor.examine()
    assert [finding for finding in findings if finding.state == "problem"] == []


@pytest.fixture
def copy(tmp_path):
    """The package alone, as a wheel leaves it: no Makefile beside it."""
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(doctor.HOME, tmp_path / "aigc_teach", ignore=skip)
    return tmp_path / "aigc_teach"


def in_a_process(copy, code: str) -> str:
    """What `code` prints where the copied package is the one that is imported."""
    code = f"import sys; sys.path.insert(0, {str(copy.parent)!r}); {code}"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        cwd=copy.parent,
        capture_output=True,
        text=True,
        encoding="utf8",
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done.stdout


LOOK = "from aigc_teach import doctor as d; print(d.report(d.{}()))"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda static: (static / "core.js").unlink(), "core.js cannot be read"),
        (lambda static: (static / "style.css").unlink(), "style.css cannot be read"),
        (lambda static: (static / "mixer.js").write_text(""), "mixer.js is empty"),
        (lambda static: shutil.rmtree(static), "cannot be read"),
    ],
    ids=["no script", "no style", "empty", "no folder"],
)
def test_a_missing_script_of_an_instrument_is_found(copy, damage, words):
    damage(copy / "widgets/static")
    shown = in_a_process(copy, LOOK.format("check_widgets"))
    assert "problem  instruments" in shown and words in shown and "1 problem stands" in shown


@pytest.mark.parametrize(
    "module",
    [None, types.ModuleType("anywidget"), types.SimpleNamespace(AnyWidget=lambda **_: 1 / 0)],
    ids=["missing", "empty", "breaks"],
)
def test_a_broken_anywidget_is_found(module, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", module)
    (finding,) = doctor.check_widgets()
    assert finding.state == "problem" and "anywidget does not work" in finding.words


def test_every_instrument_is_looked_at():
    from aigc_teach import widgets

    (finding,) = doctor.check_widgets()
    assert finding.state == "ok"
    known = {name for name in doctor.instruments() if not name.startswith("_")}
    assert known >= {n for n in widgets.__all__ if isinstance(getattr(widgets, n), type)
                     and issubclass(getattr(widgets, n), widgets.base.PageWidget)}  # fmt: skip


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_folder_that_cannot_be_written_is_a_problem(number, monkeypatch):
    def refuse(**_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    (finding,) = doctor.check_folders()
    assert finding.state == "problem" and os.strerror(number) in finding.words
    assert str(Path.cwd()) in finding.words


def test_a_progress_folder_that_cannot_be_written_is_a_note(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("AIGC_PROGRESS", str(tmp_path / "file/progress.json"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file/cache"))
    notes = doctor.check_folders()
    assert [note.state for note in notes] == ["note"] * len(notes)
    assert any("your progress is not kept" in note.words for note in notes)


def test_looking_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert doctor.why_not_writable(tmp_path / "a/b/c") == ""
    assert list(tmp_path.iterdir()) == []


def test_the_kernel_is_started_and_one_that_does_not_is_found(monkeypatch, tmp_path):
    assert states(doctor.check_kernel()) == {"kernel": "ok"}
    spec = tmp_path / "kernels/python3/kernel.json"
    spec.parent.mkdir(parents=True)
    for argv in (["no such program"], [sys.executable, "-c", "raise SystemExit(3)"]):
        spec.write_text(json.dumps({"argv": argv, "display_name": "x", "language": "python"}))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
        monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
        (finding,) = doctor.check_kernel()
        assert finding.state == "problem" and "does not start" in finding.words, argv


def test_a_kernel_of_another_environment_is_found(monkeypatch, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['aigc_teach'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (finding,) = doctor.check_kernel()
    assert finding.state == "problem" and "another environment" in finding.words


def test_a_wheels_files_are_compared_with_what_pip_wrote_down(tmp_path, monkeypatch):
    files = []
    for name in ("aigc_teach/a.js", "aigc_teach/b.py", "bin/aigc-teach"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest())
        file = metadata.PackagePath(name)
        file.hash = metadata.FileHash(f"sha256={digest.rstrip(b'=').decode()}")
        file.dist = types.SimpleNamespace(locate_file=lambda f: tmp_path / f)
        files.append(file)
    monkeypatch.setattr(doctor.metadata, "files", lambda name: files)
    assert doctor.check_files() == []
    (tmp_path / "aigc_teach/a.js").write_text("other")
    (tmp_path / "aigc_teach/b.py").unlink()
    (finding,) = doctor.check_files()
    assert finding.state == "problem" and "2 of 2 are missing or changed" in finding.words


def test_advice_fits_how_the_package_was_installed(copy):
    """A wheel has no Makefile; and no index is asked for a name that it does not hold."""
    code = (
        "from aigc_teach import doctor as d; d.origin = lambda: {!r}; "
        "print(d.again()); print(d.fresh()); print(d.fresh('default')); print(d.verdict([]))"
    )
    for origin in ("", "https://example.org/aigc_teach-0.1.0-py3-none-any.whl"):
        shown = in_a_process(copy, code.format(origin))
        assert "make lab" not in shown and "make clean" not in shown
        named = re.findall(r"pip install (?:-\S+ )*(\S+)", shown)
        assert named and all(".whl" in name for name in named), named
    assert "make lab" in doctor.fresh() + doctor.verdict([])  # here is a Makefile


def test_no_advice_installs_this_package_by_its_name():
    text = (doctor.HOME / "doctor.py").read_text("utf-8")
    assert not re.search(r"pip install[^\n]*\baigc-teach\b", text)
