"""Importing the package is light, and its lazy names are real."""

from __future__ import annotations

import subprocess
import sys

import pytest

import aigc_teach

HEAVY = ("torch", "matplotlib", "ipywidgets", "anywidget", "numpy")


@pytest.mark.parametrize("module", ["aigc_teach", "aigc_teach.cli", "aigc_teach.doctor"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_reading_numbers_loads_no_figures():
    code = (
        "import sys, aigc_teach.core, aigc_teach.data, aigc_teach.models, aigc_teach.train; "
        "print([m for m in ('matplotlib', 'ipywidgets', 'anywidget') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", aigc_teach.__all__)
def test_every_public_name_is_there(name):
    assert getattr(aigc_teach, name) is not None
    assert name in dir(aigc_teach)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'gann'"):
        _ = aigc_teach.gann
