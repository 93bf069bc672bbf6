"""Each test gets its row and its truth, or skips with the reason; the end of a run is a table."""

from __future__ import annotations

from collections import defaultdict
from importlib import metadata
from pathlib import PurePosixPath

import pytest

from outside.frame import Absent, Agreement, outside_folder, reach, row_of
from outside.table import ROWS, File, Numbers, Package, Row

ABOUT_THE_TABLE = "test_table"  # tests of the frame itself have no row
PASSED = pytest.StashKey[bool]()
reports = defaultdict(list)  # of each row, as the tests finish


@pytest.fixture
def row(request) -> Row:
    """The row that the test's module belongs to."""
    return row_of(request.path.stem.removeprefix("test_"))


@pytest.fixture
def truth(row):
    """The path of the row's file, or its imported package; None for numbers."""
    try:
        return reach(row, outside_folder())
    except Absent as reason:
        pytest.skip(str(reason))


@pytest.fixture
def agree(row, record_property):
    """Compare ours with theirs within the row's tolerance, and note the difference."""
    agreement = Agreement(row)
    yield agreement
    record_property("difference", agreement.largest)


@pytest.fixture(autouse=True)
def compared(request):
    """Every test of a row needs its truth, and compares something with it."""
    if request.path.stem == ABOUT_THE_TABLE:
        yield
        return
    request.getfixturevalue("truth")
    agreement = request.getfixturevalue("agree")
    yield
    if agreement.largest is None and request.node.stash.get(PASSED, False):
        pytest.fail("This test compared nothing with its truth: call agree(ours, theirs).")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


def pytest_runtest_logreport(report):
    path = PurePosixPath(report.nodeid.split("::")[0].replace("\\", "/"))
    if path.parent.name == "outside" and path.stem != ABOUT_THE_TABLE:
        reports[path.stem.removeprefix("test_")].append(report)


def pytest_terminal_summary(terminalreporter):
    seen = [row for row in ROWS if reports[row.name]]
    if not seen:
        return
    terminalreporter.section("outside truths: what nobody of this project made")
    lines = [("ours", "theirs", "licence", "outcome"), *map(_line, seen)]
    widths = [max(len(line[k]) for line in lines) for k in range(3)]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        terminalreporter.write_line("  ".join([*cells, line[3]]))


def _line(row: Row) -> tuple[str, str, str, str]:
    return f"{row.name}: {row.about}", _truth(row), row.licence, _outcome(row)


def _truth(row: Row) -> str:
    if isinstance(row.where, Numbers):
        return "numbers in the module"
    if isinstance(row.where, File):
        return f"file {row.where.path}"
    assert isinstance(row.where, Package)
    try:
        return f"package {row.where.name} {metadata.version(row.where.name)}"
    except metadata.PackageNotFoundError:
        return f"package {row.where.name}"


def _outcome(row: Row) -> str:
    done = reports[row.name]
    failed = len({report.nodeid for report in done if report.failed})
    passed = len({report.nodeid for report in done if report.when == "call" and report.passed})
    if failed:
        return f"DIFFERS: {failed} of {failed + passed} tests failed"
    if not passed:
        return "skipped (-rs says why)"
    tests = f"{passed} test{'s' * (passed > 1)}"
    properties = [p for report in done for p in report.user_properties if p[0] == "difference"]
    largest = max((value for _, value in properties if value is not None), default=0.0)
    if row.tolerance == 0:
        return f"equal ({tests})"
    return f"differs by {largest:.1e}, {row.tolerance:g} allowed ({tests})"
