"""The doctor finds what is wrong, names the cure, and never falls over itself."""

from __future__ import annotations

import io
import subprocess
import sys
from importlib import metadata

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
        Finding("data", "problem", "digits28.npz is damaged.", doctor.AGAIN)
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
