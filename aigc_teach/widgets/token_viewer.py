"""TokenViewer: what a language model predicts, whom its tokens look at, what its cache saves.

The model itself runs in the page, token by token, so a slider and a drawn token answer at once,
also in the static book.
"""

from __future__ import annotations

import base64
import html
from typing import NamedTuple

import torch
import traitlets
from torch import Tensor, nn

from ..core import evaluating
from ..core.errors import (
    AigcError,
    RangeError,
    check_choice,
    check_count,
    check_number,
    check_seed,
    check_text,
)
from .base import STATIC, PageWidget, packed_bytes, page_script
from .export_language import export_language, export_tokenizer, kind_of
from .token_figures import bars_svg, cache_svg, looks_svg

VIEWS = ("distribution", "attention", "cache")
LONGEST = 4_000  # tokens of the text to begin with
HOTTEST = 2.0  # the temperature slider's end


class TokenViewer(PageWidget):
    """The next token's distribution, attention, and the cache of keys and values.

    *distribution*: bars for the likeliest tokens; sliders for temperature, top-k and nucleus
    move them; a click on a token, or *Draw*, appends it. *attention* (a GPT): which earlier
    tokens each token looks at, for every layer and head. *cache* (a GPT): what is computed for
    one more token with and without the cache, in cells and in multiplications. With a GPT the
    three are one press of a button apart.

    Multiplications are those that the page does: dense layers, scores and mixtures of a place
    with itself and the places before it, and the logits after the last place. What
    `nn.multiply_adds` counts of a GPT's forward is more: there, all pairs of places are
    multiplied before half of them are masked, and every place gets logits.

    Parameters
    ----------
    model : models.CharRNN or models.GPT
        Small: 500,000 weights are handed over as they are, up to 2,000,000 rounded to 12 bits;
        `difference` then says what the rounding does.
    tokenizer : Tokenizer
        With which the model was trained. Characters that it does not know are named in the page.
    text : str
        Where to begin; it may be empty.
    show : {"distribution", "attention", "cache"}
    temperature : float
        0 to 2; 0 leaves the likeliest token alone.
    top_k : int, optional
        1 to the vocabulary's size; all tokens if left out.
    top_p : float
        Nucleus, 0 to 1; 1 keeps all, 0 leaves the likeliest token alone.
    layer, head : int
        Whose attention is shown, counted from 0.
    title, alt : str
        Heading, and what is shown in words.
    seed : int
        Draws the tokens.

    Attributes
    ----------
    ids : list of int
        The text as it stands in the page, in tokens.
    difference : float
        The largest difference between the logits of the model and of its copy in the page,
        after the text to begin with.

    Raises
    ------
    AigcError
        With a sentence, where the page could not run the model or a setting is impossible.

    Examples
    --------
    >>> from aigc_teach import data, models
    >>> letters = data.CharacterTokenizer("hello world")
    >>> model = models.GPT(letters.size, context=16, width=16, heads=2, layers=1)
    >>> viewer = TokenViewer(model, tokenizer=letters, text="hello", show="attention")
    >>> viewer.ids, viewer.show, viewer.difference
    ([4, 3, 5, 5, 6], 'attention', 0.0)
    """

    _esm = page_script(
        "core",
        "controls",
        "chart",
        "language",
        "tokenizers",
        "token_distribution",
        "token_attention",
        "token_cache",
        "token_viewer",
    )
    _css = PageWidget._css + (STATIC / "token_viewer.css").read_text(encoding="utf-8")

    net = traitlets.Dict().tag(sync=True)
    weights = traitlets.Bytes(b"").tag(sync=True)  # deflated
    tokenizer = traitlets.Dict().tag(sync=True)
    start = traitlets.List(traitlets.Int()).tag(sync=True)  # where "back" returns to
    strange = traitlets.Unicode("").tag(sync=True)  # the text to begin with, where it is odd
    difference = traitlets.Float(0.0).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    # what the learner changes
    show = traitlets.Unicode("distribution").tag(sync=True)
    ids = traitlets.List(traitlets.Int()).tag(sync=True)
    draws = traitlets.Int(0).tag(sync=True)  # how many tokens were drawn
    temperature = traitlets.Float(1.0).tag(sync=True)
    top_k = traitlets.Int(0).tag(sync=True)  # 0: all
    top_p = traitlets.Float(1.0).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)
    at = traitlets.Int(-1).tag(sync=True)  # the place looked at; -1 is the last
    places = traitlets.Int(0).tag(sync=True)  # of the cache's comparison; 0: the text's own

    def __init__(
        self,
        model: nn.Module,
        *,
        tokenizer: object,
        text: str,
        show: str = "distribution",
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        layer: int = 0,
        head: int = 0,
        title: str = "What a language model does",
        alt: str | None = None,
        seed: int = 0,
    ):
        kind = kind_of(model)
        check_choice("show", show, VIEWS)
        if kind == "rnn" and show != "distribution":
            raise AigcError(
                f"A recurrent network has no {NOT_OF_RNNS[show]}: its past is one state of "
                f"{model.width} numbers. Use show='distribution', or a models.GPT."
            )
        vocabulary = model.vocabulary
        if check_number("temperature", temperature) > HOTTEST:
            raise RangeError(f"temperature={temperature} is too hot; the slider ends at {HOTTEST}.")
        if check_number("top_p", top_p) > 1:
            raise RangeError(f"top_p={top_p} is too large; a probability is at most 1.")
        if top_k is not None:
            check_count("top_k", top_k, at_most=vocabulary)
        if kind == "gpt":
            heads = model.h[0].attn.heads
            check_count("layer", layer, at_least=0, at_most=len(model.h) - 1)
            check_count("head", head, at_least=0, at_most=heads - 1)
        cut = export_tokenizer(tokenizer, vocabulary)
        ids = [int(k) for k in tokenizer.encode(check_text("text", text))]
        if len(ids) > LONGEST:
            raise RangeError(
                f"The text has {len(ids):,} tokens; the viewer begins with at most {LONGEST:,}."
            )
        page = export_language(model)
        self._looked = _look(page.rounded, ids, layer, head)
        settings = {"temperature": float(temperature), "top_k": top_k or 0, "top_p": float(top_p)}
        names = [_shown(tokenizer, k) for k in range(vocabulary)]
        super().__init__(
            net=page.net,
            weights=packed_bytes(page.weights),
            tokenizer=cut,
            start=ids,
            ids=ids,
            strange=text if cut["kind"] == "characters" else "",
            difference=_difference(model, self._looked.logits, ids),
            seed=check_seed("seed", seed),
            show=show,
            layer=layer,
            head=head,
            title=title,
            alt=alt or _describe(show, self._looked, names, layer, head),
            **settings,
        )
        self._names, self._began = names, show

    @traitlets.validate("ids")
    def _of_the_vocabulary(self, proposal) -> list[int]:
        vocabulary = self.net.get("vocabulary")
        if vocabulary and not all(0 <= k < vocabulary for k in proposal["value"]):
            raise RangeError(f"ids must lie in 0..{vocabulary - 1}; you gave {proposal['value']}.")
        return proposal["value"]

    def still(self) -> Still:
        """A figure that tells the same story where no script runs, with the alternative text.

        It shows the view and the text that the viewer began with.
        """
        return Still(_drawing(self._began, self._looked, self._names, self.net), self.alt)

    def _repr_mimebundle_(self, **kwargs):
        """The still figure beside the live view, for places that cannot draw a widget."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/html"] = self.still()._repr_html_()
        return bundle


class Still:
    """A drawing (SVG) with its words, as a notebook shows it.

    >>> Still("<svg/>", "Nothing.")
    Nothing.
    """

    def __init__(self, svg: str, alt: str):
        self.svg, self.alt = svg, alt

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        drawing = base64.b64encode(self.svg.encode("utf-8")).decode("ascii")
        return (
            f'<img alt="{html.escape(self.alt)}" style="max-width: 100%; height: auto" '
            f'src="data:image/svg+xml;base64,{drawing}">'
        )


class Looked(NamedTuple):
    """What a model says after a text, for the still figure and the words.

    Attributes
    ----------
    ids : list of int
        The tokens it saw: at most the context.
    logits : Tensor
        ``[V]``, of the next token.
    weights : Tensor or None
        ``[T, T]`` of one head, the start first; None of a network without attention.
    """

    ids: list[int]
    logits: Tensor
    weights: Tensor | None


NOT_OF_RNNS = {"attention": "attention", "cache": "cache of keys and values"}


@torch.no_grad()
def _look(model: nn.Module, ids: list[int], layer: int, head: int) -> Looked:
    """Logits and one head's weights after a text, by a model in evaluation mode."""
    if kind_of(model) == "rnn":
        return Looked(ids, model.read(torch.tensor([ids], dtype=torch.int64))[0][0], None)
    ids = ids[max(0, len(ids) - model.context + 1) :]
    x = model.embed(torch.tensor([ids], dtype=torch.int64), start=True)  # [1, T, C]
    for number, block in enumerate(model.h):
        if number == layer:
            weights = block.attn.weights(block.ln_1(x))[0, head]  # [T, T]
        x = block(x)
    return Looked(ids, model.head(x[:, -1])[0], weights)


@torch.no_grad()
def _difference(model: nn.Module, logits: Tensor, ids: list[int]) -> float:
    """The largest difference of the model's own logits from those of the page, rounded up."""
    tokens = torch.tensor([ids], dtype=torch.int64, device=model.device)
    with evaluating(model):
        own = model.read(tokens)[0][0].float().cpu()
    if not torch.isfinite(own).all():
        raise RangeError("The model's logits are NaN or infinite after this text; train it again.")
    return round((own - logits).abs().max().item(), 5)


def _shown(tokenizer: object, number: int) -> str:
    """A token as words can hold it: blanks named, bytes that are no text as numbers."""
    text = tokenizer.decode([number])
    if "\ufffd" in text and hasattr(tokenizer, "token"):
        raw = tokenizer.token(number)
        text = text if raw == b"\xef\xbf\xbd" else raw.hex(" ").upper()
    return text.replace(" ", "\u2423").replace("\n", "\u21b5") or "\u2205"


def _places(looked: Looked, names: list[str]) -> list[str]:
    return ["start", *(names[k] for k in looked.ids)]


def _describe(show: str, looked: Looked, names: list[str], layer: int, head: int) -> str:
    if show == "distribution":
        p = looked.logits.softmax(0)
        best = p.topk(min(3, len(p)))
        told = ", ".join(
            f"\u201c{names[k]}\u201d {100 * v:.1f} %"
            for v, k in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        )
        return (
            f"Bars of the likeliest next tokens after a text of {len(looked.ids)} tokens, with "
            f"sliders for temperature, top-k and nucleus. The model's own: {told}."
        )
    count = len(looked.ids) + 1
    if show == "cache":
        return (
            f"A comparison of what one more token costs with and without the cache, after "
            f"{count} places: cells of keys and values, and multiplications, up to the context."
        )
    row = looked.weights[-1]
    most = int(row.argmax())
    return (
        f"A map of {count} x {count} places: how much each token looks at the earlier ones, in "
        f"layer {layer}, head {head}. The last looks most at place {most} "
        f"(\u201c{_places(looked, names)[most]}\u201d), {100 * row[most]:.0f} %."
    )


def _drawing(show: str, looked: Looked, names: list[str], net: dict) -> str:
    if show == "distribution":
        p = looked.logits.softmax(0)
        best = p.topk(min(12, len(p)))
        rows = [
            (names[k], v) for v, k in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        ]
        return bars_svg(rows)
    if show == "attention":
        return looks_svg(looked.weights.tolist(), _places(looked, names))
    return cache_svg(net, len(looked.ids) + 1)
