"""How the tests of speed judge: by a reference in the same page, and never by a clock alone."""

from __future__ import annotations

import time

import pytest

from browser.speed import FRAME, LISTEN, assert_quick, p95, settle


class Fake:
    """A page and an instrument in one: what is asked of it is answered from lists."""

    def __init__(self, rounds: list[list[float]], reference: float, share: float = 1.0):
        self.rounds, self.reference, self.share = rounds, reference, share
        self.context, self.clock = self, 0.0

    def evaluate(self, script, *_):
        if script == LISTEN:
            self.times = self.rounds.pop(0)
        return self.times if "frameTimes" in script else [self.reference] * 24

    def new_cdp_session(self, page):
        return self

    def send(self, what):
        self.clock += 1
        values = {"ThreadTime": self.share * self.clock, "TaskDuration": self.clock}
        return {"metrics": [{"name": name, "value": value} for name, value in values.items()]}

    def detach(self):
        pass


def judge(*rounds: float, reference: float, share: float = 1.0) -> list[float]:
    fake = Fake([[took] * 20 for took in rounds], reference, share)
    return assert_quick(fake, fake, lambda: None)


def test_a_frame_within_a_frame_passes_at_once():
    assert judge(FRAME - 1, reference=1) == [FRAME - 1] * 20


def test_one_round_that_holds_is_enough():
    assert judge(50, FRAME + 10, FRAME - 2, reference=FRAME) == [FRAME - 2] * 20


def test_a_busy_machine_is_slow_in_the_reference_too():
    assert judge(3 * FRAME, reference=4 * FRAME) == [3 * FRAME] * 20


def test_a_slow_instrument_fails():
    with pytest.raises(AssertionError, match="slower than a frame, and than the reference work"):
        judge(50, 50, 50, reference=40)


def test_a_thread_that_was_kept_waiting_is_judged_by_what_it_worked():
    assert judge(50, reference=40, share=0.3) == [50] * 20
    assert judge(100, reference=90, share=0.15) == [100] * 20
    with pytest.raises(AssertionError, match="35.0 at work"):
        judge(50, 50, 50, reference=40, share=0.7)


def test_too_few_frames_fail():
    fake = Fake([[1.0] * 9], 1.0)
    with pytest.raises(AssertionError, match="only 9 frames"):
        assert_quick(fake, fake, lambda: None)


def test_nothing_drawn_is_not_quick():
    assert p95([]) == float("inf")


PLANTED = """(root) => {
    root.dispatchEvent(new CustomEvent("aigc-frame", { detail: DETAIL }));
}"""


@pytest.mark.browser
@pytest.mark.parametrize(("detail", "fails"), [("2", False), ("1e6", True)])
def test_in_a_real_page_a_slow_instrument_fails_and_a_quick_one_passes(new_page, detail, fails):
    page, watch = new_page()
    page.set_content("<p>An instrument</p>")
    root = page.locator("p")

    def act() -> None:
        for _ in range(12):
            root.evaluate(PLANTED.replace("DETAIL", detail))

    if fails:
        with pytest.raises(AssertionError, match="reference"):
            assert_quick(page, root, act)
    else:
        assert assert_quick(page, root, act) == [2] * 12


@pytest.mark.browser
def test_settle_outlasts_what_a_busy_page_has_begun(new_page):
    page, watch = new_page()
    page.set_content("<p>waiting</p>")
    page.evaluate(
        """() => {
        setTimeout(() => {
            const until = performance.now() + 800;
            while (performance.now() < until);  // busy
            requestAnimationFrame(() => (document.querySelector("p").textContent = "drawn"));
        }, 90);
    }"""
    )
    begun = time.monotonic()
    settle(page, 100)
    assert page.locator("p").inner_text() == "drawn"
    assert time.monotonic() - begun > 0.5
