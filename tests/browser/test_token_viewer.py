"""The token viewer in a page without a kernel: three views, every control, torch's numbers."""

from __future__ import annotations

import re

import pytest
import torch

from aigc_teach import data, models
from aigc_teach.nn import sampling
from aigc_teach.widgets import Player, TokenViewer
from browser.jupyter_lab import run_notebook
from browser.looks import in_looks
from browser.play import play
from browser.speed import assert_quick, settle
from browser.test_lab import run_cell, write_notebook

pytestmark = pytest.mark.browser

TEXT = "It was the best of times, it was the worst of times.\n月落烏啼 \U0001f600"
LETTERS = data.CharacterTokenizer(TEXT)
CONTEXT = 24


def model(vocabulary=LETTERS.size, **settings):
    torch.manual_seed(0)
    gpt = models.GPT(
        vocabulary, **({"context": CONTEXT, "width": 32, "heads": 4, "spread": 0.5} | settings)
    )
    for block in gpt.h:
        block.attn.c_attn.weight.data.mul_(20)  # heads that look at few places
    return gpt.eval()


def viewer(text="It was the best", **settings):
    return TokenViewer(model(), tokenizer=LETTERS, text=text, **settings)


def recurrent(text="the worst", tokenizer=LETTERS, **settings):
    torch.manual_seed(0)
    network = models.CharRNN(tokenizer.size, width=32).eval()
    return TokenViewer(network, tokenizer=tokenizer, text=text, **settings)


def row(page, name):
    found = page.locator(".aigc-readout tr", has_text=name).first
    return re.sub(r"\s+", " ", found.inner_text())


def bars(page):
    """The shown tokens with their percentages."""
    rows = page.locator(".aigc-tokens-row").all()
    names = [r.locator(".aigc-token").inner_text() for r in rows]
    shares = [r.locator(".aigc-tokens-percent").inner_text() for r in rows]
    return [(name, share.split()[0]) for name, share in zip(names, shares, strict=True)]


def move(page, label, value):
    slider = page.get_by_role("slider", name=label, exact=True)
    slider.evaluate("(s, v) => { s.value = v; s.dispatchEvent(new Event('input')); }", str(value))
    settle(page, 80)


def boxes(page):
    return page.locator(".aigc-tokens-strip .aigc-token:visible").all_inner_texts()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()
    settle(page, 120)


def write(page, text):
    page.get_by_label("Your text").fill(text)
    settle(page, 200)


def note(page):
    return page.locator(".aigc-tokens-note").inner_text()


def expected(ids, *, temperature=1.0, top_k=None, top_p=1.0):
    with torch.no_grad():
        logits = model().read(torch.tensor([ids], dtype=torch.int64))[0][0]
    logits = sampling.temperature(logits, temperature)
    logits = logits if top_k is None else sampling.top_k(logits, top_k)
    return sampling.nucleus(logits, top_p).softmax(0)


def check_bars(page, ids, **settings):
    p = expected(ids, **settings)
    best = expected(ids).sort(descending=True, stable=True).indices[:12].tolist()
    for (_, shown), k in zip(bars(page), best, strict=True):
        if not shown.startswith("<"):
            assert abs(float(shown) - 100 * p[k]) < 0.11
    assert float(row(page, "Tokens that can come").split()[-3].replace(",", "")) == (p > 0).sum()


def test_the_bars_are_torchs_and_the_sliders_move_them(show):
    page, watch = show(viewer())
    ids = LETTERS.encode("It was the best")
    check_bars(page, ids)
    move(page, "Temperature", 0.5)
    check_bars(page, ids, temperature=0.5)
    move(page, "Top-k", 4)  # the fifth stop: 5
    check_bars(page, ids, temperature=0.5, top_k=5)
    move(page, "Nucleus p", 0.4)
    check_bars(page, ids, temperature=0.5, top_k=5, top_p=0.4)
    assert "sampling.top_k(logits, 5)" in page.locator(".aigc-tokens-code code").text_content()
    watch.assert_quiet()


def test_both_ends_of_every_slider(show):
    page, watch = show(viewer())
    ends = {"Temperature": (0, 2), "Top-k": (0, 99), "Nucleus p": (0, 1)}
    for first in (0, 1):
        for label, values in ends.items():
            for value in (values[first], values[1 - first]):
                move(page, label, value)
                text = page.locator(".aigc-tokens").inner_text()
                assert "NaN" not in text and "Infinity" not in text
                shown = [float(p) for _, p in bars(page) if not p.startswith("<")]
                assert shown and max(shown) <= 100
    for label, (low, high) in ends.items():
        move(page, label, low)
        assert row(page, "Tokens that can come").startswith("Tokens that can come 1 of")
        assert bars(page)[0][1] == "100.0" and "0.00 bits" in row(page, "Entropy now")
        press(page, "Draw a token")
        assert len(boxes(page)) == 16
        press(page, "Take back")
        move(page, label, {"Temperature": 1}.get(label, high))
    watch.assert_quiet()


@pytest.mark.parametrize("make", [viewer, recurrent])
def test_tokens_are_appended_drawn_and_taken_back(show, make):
    widget = make("the worst")
    page, watch = show(widget)
    assert "".join(boxes(page)) == "the␣worst"
    first = page.locator(".aigc-tokens-row").first
    token = first.locator(".aigc-token").inner_text()
    first.focus()
    page.keyboard.press("Enter")
    settle(page, 120)
    assert boxes(page)[9:] == [token]
    press(page, "Draw 20")
    page.wait_for_function(
        "document.querySelectorAll('.aigc-tokens-strip .aigc-token:not([hidden])').length === 30"
    )
    drawn = boxes(page)
    press(page, "Take back")
    assert boxes(page) == drawn[:-1]
    press(page, "Back to the start")
    assert "".join(boxes(page)) == "the␣worst"
    assert page.get_by_label("Your text").input_value() == "the worst"
    settle(page, 700)
    assert "tokens can come" in page.locator(".aigc-voice").inner_text()
    watch.assert_quiet()


def test_any_text_can_be_typed(show):
    page, watch = show(viewer("§ the"))
    assert "never saw this character: “§”" in note(page)
    write(page, "")
    assert "The text is empty" in note(page) and boxes(page) == []
    check_bars(page, [])
    press(page, "Take back") if page.get_by_role("button", name="Take back").is_enabled() else None
    write(page, "月落\n\U0001f600ξ霜ξ")
    assert boxes(page) == ["月", "落", "↵", "\U0001f600", "\ufffd", "\ufffd", "\ufffd"]
    assert "never saw these characters: “ξ”, “霜”." in note(page)
    check_bars(page, LETTERS.encode("月落\n\U0001f600ξ霜ξ"))
    write(page, "it was the worst of times, " * 3)
    assert f"has 81 tokens and the model sees the last {CONTEXT - 1}" in note(page)
    assert page.locator(".aigc-token[data-out]").count() == 81 - CONTEXT + 1
    check_bars(page, LETTERS.encode("it was the worst of times, " * 3))
    press(page, "Draw a token")
    assert len(boxes(page)) == 82
    watch.assert_quiet()


def test_pairs_of_bytes_are_cut_as_in_python(show):
    bpe = data.BPE.train(TEXT * 3, size=290)
    page, watch = show(recurrent("the best \U0001f600", tokenizer=bpe))
    write(page, "times é月 the times")
    assert len(boxes(page)) == len(bpe.encode("times é月 the times"))
    press(page, "Draw 20")
    settle(page, 800)
    assert len(boxes(page)) == len(bpe.encode("times é月 the times")) + 20
    watch.assert_quiet()


def test_attention_is_torchs_for_every_head_and_token(show):
    page, watch = show(viewer(show="attention"))
    ids = LETTERS.encode("It was the best")
    gpt = model()
    with torch.no_grad():
        x = gpt.embed(torch.tensor([ids]), start=True)
        weights = []
        for block in gpt.h:
            weights.append(block.attn.weights(block.ln_1(x))[0])  # [H, T, T]
            x = block(x)
    for layer, head, at in ((0, 0, 15), (1, 3, 7), (1, 0, 0)):
        page.get_by_role("button", name=f"Layer {layer}, head {head}").click()
        move(page, "Token", at)
        looks = weights[layer][head, at]
        most = int(looks.argmax())
        first = page.locator(".aigc-readout tr").nth(1).inner_text()
        assert first.startswith(f"{most}: "), first
        assert abs(float(first.split()[-2]) - 100 * looks[most]) < 0.11
    canvas = page.get_by_role("application")
    canvas.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    settle(page, 100)
    assert "Place 14, “s”" in row(page, "Place")
    page.locator(".aigc-tokens-strip .aigc-token").nth(4).click()
    settle(page, 100)
    assert "Place 4, “w”" in row(page, "Place")
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + 3)
    settle(page, 100)
    assert "Place 0, “start”" in row(page, "Place") and "100.0 %" in row(page, "0: start")
    write(page, "it was the worst of times, it")
    assert page.locator(".aigc-token[data-out][style*='color']").count() == 0
    assert f"Place {CONTEXT - 1}," in row(page, "Place")
    write(page, "")
    assert "Place 0, “start”" in row(page, "Place")
    watch.assert_quiet()


def test_the_cache_counts_what_it_saves(show):
    page, watch = show(viewer(show="cache"))
    body = 2 * 12 * 32 * 32 * 16 + 2 * 16 * 17 * 32 + LETTERS.size * 32
    last = 2 * (12 * 32 * 32 + 2 * 16 * 32) + LETTERS.size * 32
    assert row(page, "Multiplications") == f"Multiplications {last:,} {body:,}"
    assert row(page, "Places computed") == "Places computed 1 16"
    assert "60 kept" in page.locator("figcaption").first.inner_text()
    press(page, "Draw a token")
    assert row(page, "Places computed") == "Places computed 1 17"
    move(page, "Places read", CONTEXT)
    assert row(page, "Places computed") == f"Places computed 1 {CONTEXT}"
    move(page, "Places read", 1)
    assert row(page, "Places computed") == "Places computed 1 1"
    press(page, "As long as the text")
    assert row(page, "Places computed") == "Places computed 1 17"
    press(page, "Do both now")
    settle(page, 900)
    told = page.locator(".aigc-tokens output.aigc-soft").inner_text()
    assert re.search(r"17 places: .* ms with the cache, .* differ by (nothing|\de-[67])", told)
    write(page, "it was the worst of times, it was")
    assert "window has moved" in page.locator("figcaption").first.inner_text()
    press(page, "Do both now")
    assert "nothing is kept" in page.locator(".aigc-tokens output.aigc-soft").inner_text()
    write(page, "")
    assert row(page, "Places computed") == "Places computed 1 1"
    press(page, "Do both now")
    assert "empty" in page.locator(".aigc-tokens output.aigc-soft").inner_text()
    watch.assert_quiet()


def test_one_view_after_another_keeps_the_text(show):
    page, watch = show(viewer())
    press(page, "Draw a token")
    text = boxes(page)
    for name in ("attention", "cache", "next token"):
        press(page, name)
        assert page.get_by_role("button", name=name).get_attribute("aria-pressed") == "true"
        assert boxes(page) == (["start", *text] if name == "attention" else text)
    assert page.locator(".aigc-tokens-strip [style*='color']").count() == 0
    watch.assert_quiet()


NETWORKS = {
    "GPT": lambda vocabulary: models.GPT(vocabulary, width=192, context=64),
    "LSTM": lambda vocabulary: models.CharRNN(vocabulary, width=192),
}


@pytest.mark.parametrize(
    ("kind", "view"),
    [
        ("GPT", "distribution"),
        ("GPT", "attention"),
        ("GPT", "cache"),
        ("LSTM", "distribution"),
    ],
)
def test_it_is_quick(show, kind, view):
    """About the largest that the page takes: a token, and every slider, within a frame."""
    merges = [(a, b) for a in range(256) for b in range(256)][:4000]
    bpe = data.BPE(merges)
    network = NETWORKS[kind](bpe.size).eval()
    page, watch = show(TokenViewer(network, tokenizer=bpe, text="It was the best", show=view))
    root = page.locator(".aigc-tokens")
    play(page, root)
    press(page, "Draw a token")  # warm
    settle(page, 1500)
    assert_quick(page, root, lambda: press(page, "Draw 20"), least=15)
    watch.assert_quiet()


def test_a_film_of_growing_texts(show):
    rows = torch.tensor([LETTERS.encode("the best"), LETTERS.encode("月落\nwor\U0001f600t")])
    film = Player([rows[:, :n] for n in range(1, 9)], tokenizer=LETTERS, title="Growing texts")
    page, watch = show(film)
    texts = page.locator(".aigc-text-now")
    assert texts.all_text_contents() == ["the best", "月落\nwor\U0001f600t"]
    height = page.locator(".aigc-player").bounding_box()["height"]
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    settle(page, 100)
    assert texts.all_text_contents() == ["th", "月落"]
    assert page.locator(".aigc-text mark").all_text_contents() == ["h", "落"]
    assert page.locator(".aigc-player").bounding_box()["height"] == height
    watch.assert_quiet()


@in_looks("width", 760, 420)
def test_pictures(show, pictures, dark, width):
    widgets = [viewer(temperature=0.8), viewer(show="attention", layer=1), viewer(show="cache")]
    widgets += [recurrent("§月", top_k=5)]
    rows = torch.tensor([LETTERS.encode("the best"), LETTERS.encode("月落\nworst")])
    widgets += [Player([rows[:, :n] for n in range(1, 9)], tokenizer=LETTERS)]
    page, watch = show(*widgets, dark=dark, viewport={"width": width, "height": 900})
    settle(page, 800)
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the window"
    name = f"tokens-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=pictures / name, full_page=True)
    watch.assert_quiet()


LIVE = """
import torch
from aigc_teach import data, models, widgets
letters = data.CharacterTokenizer("It was the best of times, it was the worst of times.")
torch.manual_seed(0)
model = models.GPT(letters.size, context=24, width=32)
viewer = widgets.TokenViewer(model, tokenizer=letters, text="It was")
viewer
"""
TOLD = """
print("ids:", len(viewer.ids), letters.decode(viewer.ids[:5]), viewer.show, viewer.draws)
"""


@pytest.mark.slow
def test_in_jupyterlab_it_takes_keys_and_tells_the_kernel(lab_page, lab_folder):
    page, watch, address = lab_page
    run_notebook(page, address, write_notebook(lab_folder, "tokens.ipynb", LIVE, TOLD))
    page.wait_for_selector(".aigc-tokens-row")
    cells = page.locator(".jp-Cell").count()
    page.get_by_label("Your text").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("bddm z")  # outside the text field: keys that make and remove cells
    press(page, "Draw a token")
    press(page, "attention")
    settle(page, 1000)
    assert page.locator(".jp-Cell").count() == cells
    assert page.locator(".jp-MarkdownCell, .jp-RawCell").count() == 0, "a key left the widget"
    assert run_cell(page, 1).strip() == "ids: 7 b\ufffd\ufffdm  attention 1"
    watch.assert_quiet()
