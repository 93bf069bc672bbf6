"""What `make release-check` sees in the two archives, and in version and changelog."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

import release

VERSION = '__version__ = "1.2.0"\n'


@pytest.fixture
def root(tmp_path):
    for folder in ("aigc_teach", "book/01_part", "notebooks/01_part"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "aigc_teach/__init__.py").write_text(VERSION)
    (tmp_path / "book/01_part/01_lesson.md").write_text("# A lesson\n")
    return tmp_path


@pytest.mark.parametrize(
    ("changelog", "words"),
    [
        ("## [1.2.0] - 2026-02-28\n## [1.1.0] - 2026-01-01\n", None),
        ("## [1.2.0] - Unreleased\n", "no day: it says 'Unreleased'"),
        ("## [1.2.0]\n", "no day"),
        ("## [1.2.0] - 2026-02-30\n", "no day"),
        ("## [1.1.0] - 2026-01-01\n", "says 1.2.0, the changelog begins with 1.1.0"),
        ("# Changelog\n", "begins with nothing"),
    ],
)
def test_version_and_changelog(root, changelog, words):
    (root / "CHANGELOG.md").write_text(changelog)
    faults = release.told_version(root)
    assert len(faults) == (words is not None)
    assert words is None or words in faults[0]


def packed(path, names):
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(f"aigc_teach-1.2.0/{name}"), io.BytesIO())
    return path


WHOLE = ["notebooks/01_part/01_lesson.ipynb", "book/01_part/01_lesson.md", *release.LICENCES]
WHOLE += ["README.md", "Makefile", "requirements.lock", "tools/my_course.py"]


@pytest.mark.parametrize("gone", [None, *WHOLE])
def test_the_source_archive_holds_the_course(root, gone):
    archive = packed(root / "it.tar.gz", [name for name in WHOLE if name != gone])
    wanted = [] if gone is None else [f"it.tar.gz lacks {gone}."]
    assert release.look_into_source(archive, root) == wanted


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"aigc_teach/data/DATA_LICENSES.md": None}, "lacks aigc_teach/data/DATA_LICENSES.md"),
        ({"aigc_teach-1.dist-info/licenses/LICENSE": None}, "lacks LICENSE."),
        ({"tests/test_it.py": ""}, "holds tests, which is not the package"),
    ],
)
def test_the_wheel_holds_the_package_and_its_licences(tmp_path, change, words):
    licences = ("LICENSE", "LICENSE-TEXT.md")
    files = {f"aigc_teach-1.dist-info/licenses/{name}": "" for name in licences}
    files |= {"aigc_teach/__init__.py": "", "aigc_teach/data/DATA_LICENSES.md": ""} | change
    with zipfile.ZipFile(tmp_path / "it.whl", "w") as wheel:
        for name, text in files.items():
            if text is not None:
                wheel.writestr(name, text)
    faults = release.look_into_wheel(tmp_path / "it.whl")
    assert len(faults) == (words is not None)
    assert words is None or words in faults[0]
