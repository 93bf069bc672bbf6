"""The built pages in a real Chromium: alive, readable, and asking no other host for anything."""

from __future__ import annotations

import pytest

from browser.speed import settle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def visit(chromium, small_book):
    """Open a page; return it with the lists of outside requests, failures and console errors."""
    context = chromium.new_context(viewport={"width": 1300, "height": 900})

    def run(name: str):
        page = context.new_page()
        page.outside, page.failed, page.errors = [], [], []

        def intercept(route):
            if route.request.url.startswith(("file:", "data:", "blob:")):
                route.continue_()
            else:
                page.outside.append(route.request.url)
                route.abort()

        page.route("**/*", intercept)
        page.on("requestfailed", lambda request: page.failed.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.goto((small_book / name).as_uri())
        page.wait_for_load_state("networkidle")
        return page

    yield run
    context.close()


def quiet(page) -> None:
    """Assert that a page asked nobody for anything and complained of nothing."""
    assert page.outside == [] and page.failed == [] and page.errors == []


@pytest.mark.parametrize("name", ["index", "glossary", "references", "status", "search"])
def test_a_page_asks_no_other_host_for_anything(visit, name):
    page = visit(f"{name}.html")
    assert page.locator("h1").count() >= 1
    quiet(page)


def test_a_request_to_the_outside_would_be_seen(visit):
    page = visit("index.html")
    with page.expect_event("requestfailed"):
        page.evaluate("() => { new Image().src = 'https://example.org/pixel.png'; }")
    assert page.outside == ["https://example.org/pixel.png"]


def test_the_lesson_is_alive_without_kernel_and_network(visit):
    page = visit("01_sample/01_sample.html")
    page.locator("mjx-container").first.wait_for()  # the formula is typeset
    canvas = page.locator(".cell_output canvas").first
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    picture = page.locator(".cell_output canvas").last
    before = picture.evaluate("c => c.toDataURL()")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.3, steps=5)
    page.mouse.up()
    settle(page, 300)
    assert picture.evaluate("c => c.toDataURL()") != before
    quiet(page)


def test_a_solution_is_closed_until_it_is_asked_for(visit):
    page = visit("01_sample/01_sample.html")
    code = page.get_by_text("one_solution = 2")
    assert not code.is_visible()
    page.get_by_text("Show the solution").first.click()
    assert page.locator("details[open] .highlight").first.is_visible()


def test_every_picture_has_alt_text(visit):
    page = visit("01_sample/01_sample.html")
    bare = "imgs => imgs.filter(i => !(i.alt || '').trim()).map(i => i.outerHTML.slice(0, 200))"
    assert page.locator("article img").evaluate_all(bare) == []


def test_a_narrow_page_does_not_scroll_sideways(visit):
    page = visit("01_sample/01_sample.html")
    page.set_viewport_size({"width": 390, "height": 800})
    settle(page, 300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
