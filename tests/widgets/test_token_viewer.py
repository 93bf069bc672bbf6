"""The token viewer: the page's network, tokenizers and distribution are Python's."""

from __future__ import annotations

import json
import shutil
import subprocess
import zlib

import numpy as np
import pytest
import torch
from torch import nn

from aigc_teach import data, models
from aigc_teach.core.errors import AigcError, DtypeError, RangeError, ShapeError
from aigc_teach.nn import sampling
from aigc_teach.widgets import TokenViewer
from aigc_teach.widgets.base import page_script
from aigc_teach.widgets.export_language import (
    MOST_EXACT,
    export_language,
    export_tokenizer,
    in_12_bits,
    to_whole_numbers,
)
from aigc_teach.widgets.token_figures import multiplications

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
TEXT = "It was the best of times, it was the worst of times.\n月落烏啼霜滿天 \U0001f600"


def play(folder, script: str, given: object, parts=("language", "tokenizers"), weights=b""):
    """Run `script` after the page's own parts; what it prints, read as JSON."""
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    (folder / "weights.bin").write_bytes(weights)
    head = (
        'import { readFileSync } from "node:fs";\n'
        'const given = JSON.parse(readFileSync("given.json", "utf-8"));\n'
        'const raw = readFileSync("weights.bin");\n'
        "const weights = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length);\n"
    )
    (folder / "run.mjs").write_text(head + page_script(*parts) + script, encoding="utf-8")
    done = subprocess.run(
        [NODE, "run.mjs"], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def stirred(model: nn.Module, size: float = 0.4) -> nn.Module:
    """Weights, biases and norms large enough that a mistake in any of them shows."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            spread = size if weight.ndim == 1 else 2 * size / weight.shape[1] ** 0.5
            weight += spread * torch.randn(weight.shape, generator=generator)
    return model.eval()


def gpt(vocabulary=40, **settings):
    settings = {"context": 12, "width": 24, "heads": 3, "layers": 2} | settings
    torch.manual_seed(0)
    return stirred(models.GPT(vocabulary, **settings))


def rnn(vocabulary=40, **settings):
    torch.manual_seed(0)
    return stirred(models.CharRNN(vocabulary, **({"width": 16} | settings)))


MODELS = {
    "learnt": gpt,
    "sinusoidal": lambda: gpt(positions="sinusoidal"),
    "rotary": lambda: gpt(positions="rotary"),
    "untied": lambda: gpt(tied=False),
    "one place": lambda: gpt(context=1),
    "odd width": lambda: gpt(width=15),
    "wide": lambda: gpt(700, context=32, width=192, heads=4),  # beyond float32: 12 bits
    "rnn": lambda: rnn(cell="rnn"),
    "gru": lambda: rnn(cell="gru", layers=2),
    "lstm": lambda: rnn(layers=2),
    "lstm untied": lambda: rnn(tied=False, width=15),
    "lstm with streams": lambda: rnn(streams=4),
    "wide lstm": lambda: rnn(1200, width=256),
}

READ = """
const reader = makeReader(given.net, readWeights(given.net, weights)), answers = [];
for (const ids of given.texts) {
  const before = reader.counter.multiplications;
  while (!reader.sync(ids, given.ms ?? Infinity));
  const logits = [...reader.logits()];
  answers.push({ logits, cost: reader.counter.multiplications - before, places: reader.places() });
}
console.log(JSON.stringify(answers));
"""


@needs_node
@pytest.mark.parametrize("name", MODELS)
def test_the_page_reads_as_torch_reads(name, tmp_path):
    model = MODELS[name]()
    ids = torch.randint(model.vocabulary, (30,), generator=torch.Generator().manual_seed(1))
    # grow, go back, change the end, begin anew, run out of the context
    texts = [ids[:n].tolist() for n in (0, 1, 5, 6, 3, 11, 12, 13, 30)]
    texts += [[*texts[2][:-1], 7], texts[3]]
    page = export_language(model)
    answers = play(tmp_path, READ, {"net": page.net, "texts": texts}, weights=page.weights)
    spread = 0.0
    for text, answer in zip(texts, answers, strict=True):
        with torch.no_grad():
            expected = page.rounded.read(torch.tensor([text], dtype=torch.int64))[0][0]
            own = model.read(torch.tensor([text], dtype=torch.int64))[0][0]
        logits = torch.tensor(answer["logits"])
        assert (logits - expected).abs().max() < 3e-4, text
        spread = max(spread, expected.std().item())
        if page.net["bits"] == 32:
            assert torch.equal(expected, own)
        assert (logits - own).abs().max() < 0.02 * max(1.0, own.abs().max())
    assert spread > 0.3, "logits that are all alike would prove nothing"
    assert page.net["bits"] == (12 if "wide" in name else 32)


@needs_node
def test_reading_by_small_pieces_is_the_same(tmp_path):
    page = export_language(gpt())
    given = {"net": page.net, "texts": [list(range(9))], "ms": 0}
    by_pieces = play(tmp_path, READ, given, weights=page.weights)
    assert by_pieces == play(tmp_path, READ, given | {"ms": 1e9}, weights=page.weights)


@needs_node
def test_attention_is_torchs(tmp_path):
    model = gpt(positions="rotary")
    page, ids = export_language(model), list(range(11))
    script = """
    const reader = makeReader(given.net, readWeights(given.net, weights));
    reader.sync(given.ids);
    console.log(JSON.stringify(given.net.blocks.map((_, l) =>
      Array.from({ length: reader.places() }, (_, t) => [...reader.looks(l, t)]))));
    """
    looks = play(tmp_path, script, {"net": page.net, "ids": ids}, weights=page.weights)
    with torch.no_grad():
        x = model.embed(torch.tensor([ids]), start=True)
        for block, rows in zip(model.h, looks, strict=True):
            expected = block.attn.weights(block.ln_1(x))[0]  # [H, T, T]
            for t, row in enumerate(rows):
                row = torch.tensor(row).view(3, t + 1)
                assert (row - expected[:, t, : t + 1]).abs().max() < 1e-5
            x = block(x)


@needs_node
def test_multiplications_are_those_that_are_done(tmp_path):
    model = gpt(context=16)
    page = export_language(model)
    texts = [list(range(n)) for n in range(15)]
    grown = play(tmp_path, READ, {"net": page.net, "texts": texts}, weights=page.weights)
    script = """
    console.log(JSON.stringify(given.texts.map((t) => multiplications(given.net, t.length + 1))));
    """
    told = play(tmp_path, script, {"net": page.net, "texts": texts})
    for text, answer, cost in zip(texts, grown, told, strict=True):
        anew = play(tmp_path, READ, {"net": page.net, "texts": [text]}, weights=page.weights)
        cached, whole = multiplications(page.net, len(text) + 1)
        assert cost == {"cached": cached, "anew": whole}
        assert answer["cost"] == cached and anew[0]["cost"] == whole


@needs_node
def test_a_token_is_quick(tmp_path):
    torch.manual_seed(0)
    for model in (models.GPT(4500, width=192, context=64), models.CharRNN(4500, width=256)):
        page = export_language(model)
        script = """
        const reader = makeReader(given.net, readWeights(given.net, weights)), ids = [];
        for (let k = 0; k < 20; k++) { reader.sync(ids); ranked(reader.logits()); ids.push(k); }
        const begun = process.cpuUsage().user;
        for (let k = 0; k < 40; k++) {
          reader.sync(ids);
          shapedBy(reader.logits(), ranked(reader.logits()), {});
          ids.push(k);
        }
        console.log((process.cpuUsage().user - begun) / 40000);
        """
        cpu = play(tmp_path, script, {"net": page.net}, weights=page.weights)
        assert cpu < 12, f"{cpu:.1f} ms of the processor a token"
        print(f"{type(model).__name__}: {cpu:.1f} ms")


SETTINGS = [
    {"temperature": t, "topK": k, "topP": p}
    for t in (0, 0.05, 0.7, 1, 2)
    for k in (0, 1, 3, 40)
    for p in (0, 0.01, 0.5, 0.93, 1)
]


@needs_node
@pytest.mark.parametrize("spread", [0.0, 1.0, 60.0])
def test_the_distribution_is_torchs(spread, tmp_path):
    logits = spread * torch.randn(40, generator=torch.Generator().manual_seed(2))
    script = """
    const logits = Float32Array.from(given.logits), order = ranked(logits);
    const answers = given.settings.map((s) => shapedBy(logits, order, s));
    console.log(JSON.stringify({ order: [...order], bits: entropy(answers.at(-1).p),
      answers: answers.map(({ p, kept }) => ({ p: [...p], kept })) }));
    """
    page = play(tmp_path, script, {"logits": logits.tolist(), "settings": SETTINGS})
    assert page["order"] == logits.argsort(descending=True, stable=True).tolist()
    for setting, answer in zip(SETTINGS, page["answers"], strict=True):
        shaped = sampling.temperature(logits.double(), setting["temperature"])
        shaped = sampling.top_k(shaped, setting["topK"]) if setting["topK"] else shaped
        expected = sampling.nucleus(shaped, setting["topP"] or 1e-12).softmax(0)
        p = torch.zeros(40, dtype=torch.float64)
        p[page["order"]] = torch.tensor(answer["p"], dtype=torch.float64)
        assert (p - expected).abs().max() < 1e-6, setting
        assert p.sum().item() == pytest.approx(1)
        assert answer["kept"] == (p > 0).sum()
    assert page["bits"] >= 0


@needs_node
def test_drawn_tokens_follow_the_distribution(tmp_path):
    script = """
    const counts = [0, 0, 0, 0];
    for (let k = 0; k < 20000; k++) counts[drawnRank([0.6, 0.3, 0.1, 0], luck(3, k))]++;
    console.log(JSON.stringify([counts, luck(3, 5) === luck(3, 5), luck(3, 5) === luck(4, 5),
      drawnRank([0.5, 0.4999], 0.99999999)]));
    """
    counts, same, other, last = play(tmp_path, script, {})
    shares = np.array(counts) / 20000
    assert np.abs(shares - [0.6, 0.3, 0.1, 0]).max() < 0.015
    assert same and not other and last == 1


TOKENIZERS = {
    "characters": lambda: data.CharacterTokenizer(TEXT),
    "bytes": data.ByteTokenizer,
    "merges": lambda: data.BPE.train(TEXT * 3, size=300),
}
TEXTS = [
    "",
    TEXT,
    "unknown: §é月\U0001f468‍\U0001f469",
    " \t\n\r\x1c\x85\xa0 　\ufeff a  b\n\n c ",
    "times times\ttimes",
]


@needs_node
@pytest.mark.parametrize("name", TOKENIZERS)
def test_tokenizers_are_pythons(name, tmp_path):
    tokenizer = TOKENIZERS[name]()
    cut = export_tokenizer(tokenizer, tokenizer.size)
    script = """
    const tokenizer = makeTokenizer(given.cut);
    console.log(JSON.stringify(given.texts.map((text) => {
      const ids = tokenizer.encode(text);
      return [ids, tokenizer.decode(ids), unknownWords(tokenizer, text)];
    }).concat([Array.from({ length: given.size }, (_, k) => tokenizer.shown(k))])));
    """
    *answers, shown = play(tmp_path, script, {"cut": cut, "texts": TEXTS, "size": tokenizer.size})
    for text, (ids, decoded, words) in zip(TEXTS, answers, strict=True):
        assert ids == tokenizer.encode(text)
        assert decoded == tokenizer.decode(ids)
        strange = tokenizer.unknown(text) if name == "characters" else []
        assert bool(words) == bool(strange)
        assert all(f"“{character}”" in words for character in strange[:10])
    assert all(shown), "a token that shows nothing"


class Words:
    """A tokenizer of a learner's own."""

    size = 3

    def encode(self, text):
        return [["red", "green"].index(word) for word in text.split()]

    def decode(self, ids):
        return "".join(["red ", "green ", ""][k] for k in ids)


@needs_node
def test_a_tokenizer_of_ones_own_is_a_table(tmp_path):
    viewer = TokenViewer(rnn(3), tokenizer=Words(), text="red green red")
    assert viewer.ids == [0, 1, 0] and viewer.tokenizer["kind"] == "table"
    script = """
    const t = makeTokenizer(given);
    console.log(JSON.stringify([t.encode, t.decode([0, 1]), t.shown(0), t.shown(2)]));
    """
    answer = play(tmp_path, script, viewer.tokenizer)
    assert answer == [None, "red green ", "red␣", "∅"]


def test_twelve_bits_lose_less_than_a_two_thousandth_of_a_rows_largest():
    matrix = np.random.default_rng(0).normal(size=(7, 33)).astype(np.float32)
    matrix[3] = 0
    scale, whole = to_whole_numbers(matrix)
    assert np.abs(scale[:, None] * whole - matrix).max() <= 0.51 * scale.max()
    assert len(in_12_bits(whole)) == 3 * 116 and scale[3] == 0


def test_what_is_handed_over():
    model = gpt(data.CharacterTokenizer(TEXT).size).train()
    viewer = TokenViewer(model, tokenizer=data.CharacterTokenizer(TEXT), text="the worst § best")
    assert model.training, "the model gets its own mode back"
    assert len(zlib.decompress(viewer.weights)) == 4 * sum(p.numel() for p in model.parameters())
    assert viewer.difference == 0 and viewer.strange == "the worst § best"
    assert len(viewer.ids) == 16 and viewer.ids == viewer.start
    assert viewer.top_k == 0 and viewer.top_p == 1.0


def test_a_large_model_is_rounded_and_says_so():
    model = gpt(256, width=192, heads=4)
    assert 4 * sum(p.numel() for p in model.parameters()) > MOST_EXACT
    viewer = TokenViewer(model, tokenizer=data.ByteTokenizer(), text="abc")
    assert viewer.net["bits"] == 12 and 0 < viewer.difference < 0.5


@pytest.mark.parametrize("show", ["distribution", "attention", "cache"])
@pytest.mark.parametrize("text", ["", "t", TEXT])
def test_a_still_figure_with_words(show, text):
    tokenizer = data.CharacterTokenizer(TEXT)
    viewer = TokenViewer(gpt(tokenizer.size), tokenizer=tokenizer, text=text, show=show)
    still = viewer.still()
    assert still.svg.startswith("<svg") and "NaN" not in still.svg and "nan" not in still.svg
    page = still._repr_html_()
    assert page.startswith('<img alt="') and viewer.alt and repr(still) == viewer.alt
    bundle = viewer._repr_mimebundle_()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle
    assert bundle["text/html"] == page and viewer.alt in bundle["text/plain"]


def test_recurrent_networks_have_one_view():
    tokenizer = data.ByteTokenizer()
    assert "sliders" in TokenViewer(rnn(256), tokenizer=tokenizer, text="").alt
    for show, words in (("attention", "no attention"), ("cache", "no cache of keys")):
        with pytest.raises(AigcError, match=f"{words}.*one state of 16 numbers"):
            TokenViewer(rnn(256), tokenizer=tokenizer, text="", show=show)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"show": "probabilities"}, Exception, "distribution"),
        ({"temperature": -1}, RangeError, "temperature"),
        ({"temperature": 3.0}, RangeError, "ends at 2"),
        ({"top_k": 0}, RangeError, "top_k"),
        ({"top_k": 257}, RangeError, "top_k"),
        ({"top_p": 1.5}, RangeError, "at most 1"),
        ({"layer": 2}, RangeError, "layer"),
        ({"head": 3}, RangeError, "head"),
        ({"text": 7}, AigcError, "text"),
        ({"text": "a" * 4001}, RangeError, "4,001 tokens"),
        ({"tokenizer": data.CharacterTokenizer("ab")}, ShapeError, "256 tokens, the tokenizer 3"),
        ({"tokenizer": "letters"}, DtypeError, "a str"),
    ],
)
def test_bad_settings_are_sentences(settings, error, words):
    arguments = {"tokenizer": data.ByteTokenizer(), "text": "abc"} | settings
    with pytest.raises(error, match=words):
        TokenViewer(gpt(256), **arguments)


def test_models_that_the_page_cannot_run_are_refused():
    tokenizer = data.ByteTokenizer()
    with pytest.raises(DtypeError, match="CharRNN and models.GPT; you gave a Linear"):
        TokenViewer(nn.Linear(2, 2), tokenizer=tokenizer, text="")
    with pytest.raises(AigcError, match=r"weights, .* MB with 12 bits"):
        TokenViewer(models.GPT(256, width=384, layers=2), tokenizer=tokenizer, text="")
    broken = gpt(256)
    broken.wte.weight.data[3, 3] = float("nan")
    with pytest.raises(RangeError, match="NaN"):
        TokenViewer(broken, tokenizer=tokenizer, text="")
