"""What axe-core finds wrong in a page, without what the book's theme brings along."""

from __future__ import annotations

from pathlib import Path

AXE = Path(__file__).parent / "axe" / "axe.min.js"
# What is not ours to write, and why it stays: the search button of the side bar is called Search
# and shows "Search Ctrl + K", the logo's text stands outside every landmark, and the arrow that
# unfolds a part in the side bar has no name (all three: the theme's templates); a folded solution
# is called "Toggle hidden content" and shows other words (MyST-NB).
THEIRS = {
    "label-content-name-mismatch": ".search-button-field, details.admonition.hide > summary",
    "region": ".logo__title",
    "summary-name": ".bd-sidebar-primary summary",
}
# Formulas are MathJax's work, which brings its own speech; they are half of a page's elements.
# Nothing is preloaded: axe would ask for the style sheets anew, which a page opened as a file is
# refused; one rule needs them (whether a page locks a phone's orientation).
LOOK = """async ([root, theirs]) => {
    const context = { include: [[root]], exclude: [["mjx-container"]] };
    const found = await axe.run(context, { resultTypes: ["violations"], preload: false });
    const told = found.violations.flatMap(({ id, nodes }) => nodes.map((node) => [id, node]));
    const ours = ([id, { target }]) =>
        !(theirs[id] && document.querySelector(target[0]).matches(theirs[id]));
    return told.filter(ours).map(([id, { html, failureSummary }]) =>
        `${id}: ${html.slice(0, 200)} (${failureSummary.replaceAll(/\\s+/g, " ").slice(0, 200)})`);
}"""


def violations(page, root: str = "body") -> list[str]:
    """Return what breaks axe-core's rules in the element `root`, one sentence each; best none."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    return page.evaluate(LOOK, [root, THEIRS])
