"""Every figure: described by its data, readable, told apart without colour, no global state."""

import subprocess
import sys
import types
import warnings

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from aigc_teach import viz
from aigc_teach.core.errors import AigcError, DtypeError
from aigc_teach.viz.curves import running_mean
from aigc_teach.viz.figure import smallest_text, styles
from aigc_teach.viz.plane import plane


class Series:
    """The least that counts as a history."""

    def __init__(self, **values):
        self.values = {name: np.asarray(v, dtype=np.float32) for name, v in values.items()}

    names = property(lambda self: list(self.values))
    __getitem__ = lambda self, name: self.values[name]  # noqa: E731

    def steps(self, name):
        return np.arange(1, len(self.values[name]) + 1)


def images(n=6, channels=1, size=8):
    return torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(n)) * 2 - 1


def falling(start=10.0, n=200):
    return np.linspace(start, 1.0, n)


CODES, LABELS = (
    torch.randn(50, 2, generator=torch.Generator().manual_seed(0)),
    torch.arange(50) % 10,
)

PLACES = torch.linspace(0, 3, 40)

FIGURES = {
    "grid": lambda **k: viz.image_grid(images(16), title="Generated digits", **k),
    "labels": lambda **k: viz.image_grid(images(3), labels=["one", "two words", "three"], **k),
    "colour": lambda **k: viz.image_grid(images(4, 3), columns=2, **k),
    "large": lambda **k: viz.image_grid(images(2, 1, 700), **k),
    "rows": lambda **k: viz.image_rows({"a": images(), "b": images(), "c": images()}, **k),
    "before": lambda **k: viz.before_after(images(), images(), **k),
    "manifold": lambda **k: viz.manifold(lambda z: z.mean(1).tanh().view(-1, 1, 1, 1), n=4, **k),
    "one run": lambda **k: viz.loss_curves(Series(kl=falling(), total=falling(30)), **k),
    "runs": lambda **k: viz.loss_curves(
        {"a": [Series(total=falling(9)), Series(total=falling(8))], "b": Series(total=falling(5))},
        title="Two kinds",
        **k,
    ),
    "map": lambda **k: viz.latent_map(CODES, LABELS, prior=True, **k),
    "bars": lambda **k: viz.bars({"a": [1, 2, 3], "b": 2}, reference=("real", 2.5), **k),
    "histogram": lambda **k: viz.histogram_with_curve(CODES[:, 0], lambda x: 0 * x + 0.1, **k),
    "lines": lambda **k: viz.lines(
        PLACES, {"a": PLACES**2, "b": (PLACES, 0 * PLACES, PLACES)}, **k
    ),
    "one line": lambda **k: viz.lines(
        PLACES, {"": PLACES.exp()}, log="y", marks={"here": 1.0}, xlabel="place", **k
    ),
    "panels": lambda **k: viz.lines(
        PLACES, {"left": {"a": PLACES}, "right": {"b": PLACES.log()}}, title="Two", **k
    ),
    "five lines": lambda **k: viz.lines(
        PLACES, {f"curve number {i}": PLACES**i for i in range(5)}, title="Powers", **k
    ),
    "same names": lambda **k: viz.lines(
        PLACES, {"left": {"a": PLACES, "b": PLACES}, "right": {"a": PLACES, "b": PLACES}}, **k
    ),
    "points": lambda **k: viz.scatter({"a": CODES, "b": CODES + 1}, arrows=(CODES, CODES), **k),
    "paths": lambda **k: viz.scatter(
        {"end": CODES[:1]}, paths={"simultaneous": CODES, "alternating": CODES.flip(0)}, **k
    ),
    "point panels": lambda **k: viz.scatter({"p": {"a": CODES}, "q": {"a": CODES}}, title="T", **k),
    "heat": lambda **k: viz.heatmap(CODES, extent=(0, 2, 0, 5), label="nats", **k),
    "heat panels": lambda **k: viz.heatmap({"p": CODES[:9], "q": CODES[9:18]}, diverging=True, **k),
}


@pytest.fixture(params=FIGURES, ids=str)
def make(request):
    return FIGURES[request.param]


def test_figures_are_readable_and_modest(make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings(
            "ignore", category=DeprecationWarning, module="matplotlib|pyparsing"
        )
        figure = make()
        pixels(figure)
    assert type(figure) is Figure
    assert smallest_text(figure) >= 12
    width, height = figure.get_size_inches()
    assert width <= 9.01 and height <= 10.5
    assert figure.dpi == 110
    lines = [line for axes in figure.axes for line in axes.lines if line.get_alpha() is None]
    assert all(line.get_linewidth() >= 2 or line.get_linestyle() == "None" for line in lines)


def test_description_is_made_and_can_be_replaced(make):
    made = viz.alt_text(make())
    assert len(made) > 20 and made.endswith(".")
    assert viz.alt_text(make(alt="My own words.")) == "My own words."


def test_no_text_is_cut_off(make):
    figure = make()
    pixels(figure)
    texts = [t for t in figure.findobj(mpl.text.Text) if t.get_text().strip() and t.get_visible()]
    box = figure.bbox.padded(1)
    for text in texts:
        x0, y0, x1, y1 = text.get_window_extent().extents
        inside = box.x0 <= x0 and x1 <= box.x1 and box.y0 <= y0 and y1 <= box.y1
        assert inside or not text.axes or text in hidden_ticks(text.axes), text.get_text()


def hidden_ticks(axes):
    # tick labels beyond the axis limits exist, but are not drawn
    return [*axes.get_xticklabels(), *axes.get_yticklabels()]


def test_no_global_state(make):
    before = dict(mpl.rcParams)
    make()
    assert dict(mpl.rcParams) == before


def test_pyplot_is_not_loaded():
    code = (
        "import sys, torch; from aigc_teach import viz;"
        "viz.image_grid(torch.zeros(2, 1, 4, 4)); viz.bars({'a': 1})._repr_mimebundle_();"
        "assert 'matplotlib.pyplot' not in sys.modules and 'IPython' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_grid_alt():
    text = viz.alt_text(viz.image_grid(images(16), title="generated digits"))
    assert text == "Grid of 16 images, 4 columns: generated digits."
    labelled = viz.image_grid(images(3), labels=torch.tensor([7, 2, 1]))
    assert viz.alt_text(labelled).endswith("Labelled, row by row: 7, 2, 1.")
    assert viz.alt_text(viz.image_grid(images(1))) == "One image."


def pixels(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def test_every_pixel_of_an_image_is_shown_whole():
    x = torch.tensor([[-1.0, 1.0], [0.0, -0.5]]).view(1, 1, 2, 2)
    shown = pixels(viz.image_grid(x))
    size = shown.shape[1] // 3 if shown.shape[1] % 3 == 0 else None  # 2 pixels and a gap of 1
    assert size, shown.shape
    centres = shown[size // 2 :: size, size // 2 :: size, 0][:2, :2]
    assert np.allclose(centres, [[0, 255], [127.5, 63.75]], atol=1)
    assert set(np.unique(shown)) == {0, 63, 127, 255}  # nearest: no colour in between


def test_images_stand_in_reading_order_with_gaps():
    x = torch.stack([torch.full((3, 4, 4), v) for v in (-1.0, -0.5, 0.0)])
    shown = pixels(viz.image_grid(x, columns=2))[..., 0]
    first_row = [v for i, v in enumerate(shown[2]) if i == 0 or v != shown[2, i - 1]]
    assert first_row == [0, 255, 63, 255]
    assert 127 in shown[:, 2] and 127 not in shown[2]


def test_colour_channels_keep_their_order():
    x = torch.full((1, 3, 4, 4), -1.0)
    x[:, 0] = 1.0
    assert pixels(viz.image_grid(x))[2, 2].tolist() == [255, 0, 0]


def test_clip_shows_what_would_be_refused():
    x = torch.tensor([-3.0, 3.0]).view(2, 1, 1, 1)
    with pytest.raises(AigcError):
        viz.image_grid(x)
    assert {0, 255} <= set(np.unique(pixels(viz.image_grid(x, clip=True))))


def test_the_input_is_not_changed():
    x = images().requires_grad_()
    before = x.detach().clone()
    viz.image_grid(x)
    viz.image_grid(x, clip=True)
    assert torch.equal(x, before)


def test_bfloat16_images():
    assert viz.image_grid(images().bfloat16())


def test_curve_alt_names_first_last_and_direction():
    figure = viz.loss_curves(Series(kl=falling(10), flat=[3.0] * 50), smooth=1)
    text = viz.alt_text(figure)
    assert "Loss curves over 200 steps." in text
    assert "kl: falls from 10 to 1." in text and "flat: stays near 3." in text
    assert "rises from 1 to 5." in viz.alt_text(viz.loss_curves(Series(kl=[1.0, 5.0])))


def test_curve_that_diverges_says_so():
    figure = viz.loss_curves(Series(total=[3.0, 2.0, np.nan, np.inf]), smooth=1)
    assert "falls from 3 to 2, then is no longer finite" in viz.alt_text(figure)
    assert "never finite" in viz.alt_text(viz.loss_curves(Series(total=[np.nan] * 3)))


def test_smoothing_is_shown_beside_the_raw_values():
    noisy = falling() + np.random.default_rng(0).normal(size=200)
    axes = viz.loss_curves(Series(total=noisy), smooth=20).axes[0]
    smooth, raw = axes.lines
    assert np.allclose(raw.get_ydata(), noisy, atol=1e-5) and raw.get_alpha() < 0.5
    assert np.isclose(smooth.get_ydata()[-1], noisy[-20:].mean(), atol=1e-4)
    assert "running mean over 20 steps" in axes.get_xlabel()


def test_running_mean_uses_the_past_only():
    values = np.random.default_rng(0).normal(size=30)
    expected = [values[max(0, i - 6) : i + 1].mean() for i in range(30)]
    assert np.allclose(running_mean(values, 7), expected)
    assert np.isnan(running_mean(np.array([1, np.nan, 1, 1]), 2)).tolist() == [0, 1, 1, 0]


def test_several_runs_show_median_and_range():
    runs = [Series(total=[float(v)] * 4) for v in (1, 2, 9)]
    figure = viz.loss_curves({"a": runs}, smooth=1)
    axes = figure.axes[0]
    assert set(axes.lines[0].get_ydata()) == {2.0}
    band = axes.collections[0].get_datalim(axes.transData)
    assert (band.y0, band.y1) == (1.0, 9.0)
    assert "median of 3 runs stays near 2 (at the end between 1 and 9)" in viz.alt_text(figure)
    assert "band: their range" in axes.get_xlabel()


def test_runs_of_different_length_meet_on_common_steps():
    figure = viz.loss_curves({"a": [Series(total=falling(n=50)), Series(total=falling(n=80))]})
    assert len(figure.axes[0].lines[0].get_xdata()) == 50


def test_lines_differ_without_colour():
    first = [str(style["linestyle"]) for style, _ in zip(styles(), range(5), strict=False)]
    assert len(set(first)) == 5
    many = [(s["color"], str(s["linestyle"])) for s, _ in zip(styles(), range(40), strict=False)]
    assert len(set(many)) == 40


def test_the_palette_is_okabe_and_ito():
    assert {to_hex(c).upper() for c in viz.COLOURS.values()} == {
        *("#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
    }


def test_map_writes_each_label_at_its_class():
    codes = torch.tensor([[0.0, 0], [2, 0], [5, 5], [7, 5]])
    figure = viz.latent_map(codes, [10, 10, 9, 9])
    texts = {t.get_text(): t.get_position() for t in figure.axes[0].texts}
    assert texts == {"9": (6.0, 5.0), "10": (1.0, 0.0)}
    assert viz.alt_text(figure).endswith("2 classes. Centres: 9 at (6, 5); 10 at (1, 0).")
    markers = {c.get_paths()[0].vertices.tobytes() for c in figure.axes[0].collections}
    assert len(markers) == 2


def test_labels_of_classes_in_one_place_stand_side_by_side():
    labels = torch.arange(10).repeat(30)
    figure = viz.latent_map(torch.cat([torch.zeros(10, 2), torch.ones(290, 2)]), labels)
    places = np.array([text.get_position() for text in figure.axes[0].texts])
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1) + np.eye(10)
    assert gaps.min() > 0.05  # of the range, which is 1
    assert "9 at (1, 1)" in viz.alt_text(figure)  # the description tells the true centre


def test_manifold_has_up_at_the_top():
    seen = []

    def decode(z):
        seen.append(z)
        return (z[:, 1] / 2).view(-1, 1, 1, 1)  # bright is up

    figure = viz.manifold(decode, n=3, reach=2.0)
    image = figure.axes[0].images[0]
    assert image.get_array()[0, 0, 0] == 1.0 and image.get_array()[-1, 0, 0] == 0.0
    assert seen[0].dtype == torch.float32 and seen[0].shape == (9, 2)
    assert not seen[0].requires_grad


def test_plane_in_a_larger_space():
    codes = plane(3, 1.0, origin=torch.ones(4), axes=torch.eye(4)[:2])
    assert codes.shape == (9, 4) and codes[4].tolist() == [1, 1, 1, 1]
    assert codes[0].tolist() == [0, 2, 1, 1]  # top left


def test_bars_alt_gives_median_range_and_line():
    text = viz.alt_text(viz.bars({"VAE": [0.1, 0.4, 0.2], "GAN": 0.9}, reference=("real", 0.95)))
    assert text == "Bars: VAE 0.2 (median of 3, 0.1 to 0.4); GAN 0.9. Line at 0.95: real."


def test_histogram_is_a_density():
    figure = viz.histogram_with_curve(torch.randn(500))
    areas = [p.get_height() * p.get_width() for p in figure.axes[0].patches]
    assert np.isclose(sum(areas), 1)


def test_describe_any_figure_or_refuse():
    figure = Figure()
    with pytest.raises(AigcError, match="no alt text"):
        viz.alt_text(figure)
    viz.describe(figure, "  two\n lines ")
    assert viz.alt_text(figure) == "two lines"
    for wrong in ("", "  ", None, 3):
        with pytest.raises(DtypeError):
            viz.describe(figure, wrong)
    with pytest.raises(DtypeError):
        viz.describe(types.SimpleNamespace(), "words")
