"""The instruments in a real JupyterLab with a real kernel."""

from __future__ import annotations

import nbformat
import pytest

from browser.jupyter_lab import (
    FINISHED,
    POLL,
    interrupt,
    open_notebook,
    run_notebook,
    set_theme,
    start_running,
)
from browser.speed import assert_quick_drag, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXPLORER = """
import torch
from torch import nn
from aigc_teach.widgets import LatentExplorer, Player, TrainingMonitor
torch.manual_seed(0)
network = nn.Sequential(nn.Linear(13, 400), nn.ReLU(), nn.Linear(400, 784),
                        nn.Unflatten(1, (1, 28, 28)), nn.Tanh())
explorer = LatentExplorer(network, latent_size=3, n_classes=10, title="Drag me")
explorer
"""
PLAYER = """
frames = torch.linspace(-1, 1, 10).view(-1, 1, 1, 1, 1).expand(10, 4, 1, 28, 28)
film = Player(frames, captions=[f"step {t}" for t in range(10)])
film
"""
STATE = """
print("state:", round(explorer.x, 2), explorer.label, len(explorer.z), film.frame)
"""
TRAIN = """
from aigc_teach import data, models, train
digits = data.digits("train")
torch.manual_seed(0)
model = models.VAE(latent_size=2, hidden=(128,))
run = train.fit(model, data.Batches(digits.x), train.TrainConfig(steps={steps}),
                callbacks=[TrainingMonitor(title="A small VAE")])
"""
GO_ON = """
stopped_at = run.step
run = train.fit(model, run.batches, train.TrainConfig(steps=stopped_at + 20), resume=run)
print("went on from", 0 < stopped_at, "for", run.step - stopped_at, "steps:", run.stopped)
"""
AFTER = """
print("after:", run.step, len(run.history["total"]) == run.step, tuple(model.sample(3).shape))
"""


def write_notebook(folder, name: str, *cells: str) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    notebook.cells = [nbformat.v4.new_code_cell(cell.strip()) for cell in cells]
    nbformat.write(notebook, folder / name)
    return name


def run_cell(page, index: int) -> str:
    """Run one cell again and return what it printed."""
    page.evaluate(
        """(index) => {
        const notebook = window.jupyterapp.shell.currentWidget.content;
        notebook.activeCellIndex = index;
        notebook.deselectAll();
        return window.jupyterapp.commands.execute("notebook:run-cell");
    }""",
        index,
    )
    cell = page.locator(".jp-Cell").nth(index)
    return cell.locator(".jp-OutputArea-output").last.inner_text()


def test_explorer_and_player_live_and_tell_the_kernel(lab_page, lab_folder, pictures):
    page, watch, address = lab_page
    path = write_notebook(lab_folder, "explore.ipynb", EXPLORER, PLAYER, STATE)
    run_notebook(page, address, path)
    page.wait_for_selector(".aigc-explorer")
    page.wait_for_selector(".aigc-player")
    cells = page.locator(".jp-Cell").count()
    plane = page.locator(".aigc-plane")
    settle(page, 1000)
    assert_quick_drag(page, page.locator(".aigc-explorer"), plane)
    plane.focus()
    page.keyboard.press("Home")
    for key in ("ArrowRight", "ArrowRight", "7", "2"):  # 2 and 7 would change a cell's type
        page.keyboard.press(key)
    page.locator(".aigc-player .aigc-slider").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    settle(page, 1000)
    assert page.locator(".jp-Cell").count() == cells
    assert page.locator(".jp-MarkdownCell, .jp-RawCell").count() == 0, "a key left the widget"
    assert run_cell(page, 2).strip() == "state: 0.2 2 3 1"
    page.screenshot(path=pictures / "lab-light.png")
    set_theme(page, "JupyterLab Dark")
    page.locator(".aigc-explorer").scroll_into_view_if_needed()
    page.screenshot(path=pictures / "lab-dark.png")
    set_theme(page, "JupyterLab Light")  # the choice outlives the page
    watch.assert_quiet()


@pytest.mark.parametrize(
    ("cell", "words"),
    [("1 / 0", "ZeroDivisionError"), ("import os\nos._exit(1)", "Kernel Restarting")],
)
def test_a_failed_cell_and_a_dead_kernel_are_told_at_once(lab_page, lab_folder, cell, words):
    page, _, address = lab_page
    path = write_notebook(lab_folder, "bad.ipynb", cell, "print('never')")
    with pytest.raises(AssertionError, match=words):
        run_notebook(page, address, path)
    for button in page.locator(".jp-Dialog button").all():
        button.click()


def test_monitor_shows_a_training(lab_page, lab_folder, pictures):
    page, watch, address = lab_page
    path = write_notebook(
        lab_folder, "train.ipynb", EXPLORER.split("network")[0], TRAIN.format(steps=600), AFTER
    )
    run_notebook(page, address, path)
    monitor = page.locator(".aigc-monitor")
    assert "Done: 600 of 600 steps" in monitor.inner_text()
    assert monitor.locator(".aigc-legend li").count() >= 2
    assert "600 True (3, 1, 28, 28)" in page.locator(".jp-Cell").nth(2).inner_text()
    monitor.scroll_into_view_if_needed()
    settle(page, 500)
    page.screenshot(path=pictures / "lab-monitor.png")
    watch.assert_quiet()


def test_the_stop_button_keeps_what_was_learnt(lab_page, lab_folder, pictures):
    page, watch, address = lab_page
    path = write_notebook(
        lab_folder, "stop.ipynb", EXPLORER.split("network")[0], TRAIN.format(steps=200_000), GO_ON
    )
    open_notebook(page, address, path)
    start_running(page)
    page.wait_for_function(
        "() => document.querySelector('.aigc-monitor')?.innerText.includes('Step ')",
        timeout=600_000,
    )
    settle(page, 2000)
    page.screenshot(path=pictures / "lab-training.png")
    interrupt(page)
    page.wait_for_function(FINISHED, timeout=600_000, polling=POLL)
    settle(page, 500)
    words = page.locator(".aigc-monitor .aigc-caption").inner_text()
    assert words.startswith("Stopped"), words
    assert page.locator(".aigc-monitor .aigc-legend li").count() >= 2
    page.screenshot(path=pictures / "lab-stopped.png")
    told = page.locator(".jp-Cell").nth(2).inner_text()
    assert "went on from True for 20 steps: None" in told
    watch.assert_quiet()
