"""The description reaches the notebook's output, the book's page and exported HTML."""

import html
import os
import subprocess
import sys
from html.parser import HTMLParser

import nbformat
import pytest
from nbclient import NotebookClient

ALT = 'Bars: "a" & <b> 1.'
CELLS = [
    "from aigc_teach import viz\nviz.bars({'\"a\" & <b>': 1.0})",
    "import matplotlib.pyplot as plt\n"  # from here on the kernel draws figures its own way too
    "figure, axes = plt.subplots()\nviz.describe(figure, 'An empty frame.');",
    "from IPython.display import display\ndisplay(viz.bars({'\"a\" & <b>': 1.0}))",
]
# Matplotlib 3.8 draws the second figure when the third cell is done.
EXPECTED = [[ALT, "An empty frame.", ALT], [ALT, ALT, "An empty frame."]]


@pytest.fixture(scope="module")
def notebook():
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    NotebookClient(nb, timeout=120, kernel_name="python3").execute()
    return nb


def described(page):
    """The alt text of every image of an HTML page."""
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag == "img":
                found.append(dict(attributes).get("alt"))

    Reader().feed(page)
    return found


def test_in_the_notebooks_output(notebook):
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    told = [output.data["text/plain"] for output in outputs]
    assert told in EXPECTED  # each figure once
    for output, alt in zip(outputs, told, strict=True):
        assert output.data["text/html"].startswith(f'<img alt="{html.escape(alt)}"')
        assert 'src="data:image/png;base64,iVBOR' in output.data["text/html"]
        assert output.data["image/png"].startswith("iVBOR")
        assert output.metadata["image/png"]["alt"] == alt


def test_in_exported_html(notebook):
    nbconvert = pytest.importorskip("nbconvert")
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    assert described(page) in EXPECTED


@pytest.mark.slow
def test_in_the_book(notebook, tmp_path):
    pytest.importorskip("myst_nb")
    (tmp_path / "conf.py").write_text("extensions = ['myst_nb']\nnb_execution_mode = 'off'\n")
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("# Page"))
    nbformat.write(notebook, tmp_path / "index.ipynb")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(tmp_path)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, str(tmp_path / "out")], capture_output=True, text=True, env=env
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "index.html").read_text()
    assert [alt for alt in described(page) if alt != "Logo"] in EXPECTED
