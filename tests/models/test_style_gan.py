"""The style-based generator: mixing, truncation, the mean style, noise, and bad input."""

from __future__ import annotations

import copy

import pytest
import torch

from aigc_teach.core import AigcError, Labelled, RangeError, ShapeError, make_generator
from aigc_teach.models import StyleGAN


def build(**settings) -> StyleGAN:
    torch.manual_seed(0)
    small = {"latent_size": 6, "style_size": 8, "channels": (8, 8, 6, 4), "critic_width": 4}
    model = StyleGAN(**{**small, **settings}).eval()
    for layer in model.generator.layers:
        layer.noise.strength.data.fill_(0.5)
    return model


@pytest.fixture
def model():
    model = build(mapping_rate=1.0)
    model.mean_style.normal_(generator=make_generator(3))
    return model


def codes(n=5):
    return torch.randn(n, 6, generator=make_generator(1))


def test_mixing_a_code_with_itself_changes_nothing(model):
    w = model.style(codes())
    plain = model.synthesise(w)
    for at in range(model.n_layers + 1):
        assert torch.equal(model.synthesise(model.mix(w, w, at)), plain)


def test_a_cut_at_either_end_is_one_of_the_two(model):
    a, b = model.style(codes()), model.style(codes().flip(0))
    assert torch.equal(model.synthesise(model.mix(a, b, 0)), model.synthesise(b))
    assert torch.equal(model.synthesise(model.mix(a, b, model.n_layers)), model.synthesise(a))
    between = model.mix(a, b, 2)
    assert torch.equal(between[:, 1], a) and torch.equal(between[:, 2], b)


def test_each_layers_style_counts(model):
    a, b = model.style(codes(2)), model.style(-codes(2))
    plain = model.synthesise(a)
    for place in range(model.n_layers):
        styles = model.mix(a, a, 0).clone()
        styles[:, place] = b
        assert (model.synthesise(styles) - plain).abs().max() > 1e-3


def test_truncation_one_is_the_identity_and_zero_the_mean(model):
    z = codes()
    w = model.style(z)
    assert torch.equal(model.style(z, truncation=1.0), w)
    assert torch.allclose(model.style(z, truncation=0.0), model.mean_style.expand(5, 8), atol=1e-6)
    half = model.style(z, truncation=0.5)
    assert torch.allclose(half, (w + model.mean_style) / 2, atol=1e-6)
    faces = model.synthesise(model.style(z, truncation=0.0))
    assert torch.allclose(faces, faces[:1].expand(5, -1, -1, -1), atol=1e-5)


def test_the_models_own_truncation_serves_sample(model):
    def spread():
        return model.sample(20, generator=make_generator(2)).std(0).mean().item()

    with torch.no_grad():
        model.mean_style.copy_(model.style(codes(500)).mean(0))
    wide = spread()
    model.truncation = 0.3
    assert spread() < wide
    [x] = model.trajectory(20, generator=make_generator(2), truncation=1.0)
    assert x.std(0).mean().item() == pytest.approx(wide, rel=1e-4)


def test_styles_take_the_place_of_codes(model):
    w = model.style(codes(3))
    [x] = model.trajectory(3, styles=w, generator=make_generator(0))
    noise = model.draw_noise(3, generator=make_generator(0))
    assert torch.equal(x, model.synthesise(w, noise=noise))
    [x] = model.trajectory(3, styles=w, truncation=0.0, generator=make_generator(0))
    mean = model.mean_style.expand(3, -1)
    assert torch.allclose(x, model.synthesise(mean, noise=noise), atol=1e-5)


def test_the_mean_style_is_the_running_mean_of_w():
    model = build(mapping_rate=1.0).train()
    x = torch.zeros(16, 3, 32, 32)
    by_hand = torch.zeros(8)
    for seed in range(3):
        z = torch.randn(16, 6, generator=make_generator(seed))
        by_hand += 0.005 * (model.generator.mapping(z).mean(0) - by_hand)
        model.loss(x, "critic", generator=make_generator(seed))
    assert torch.allclose(model.mean_style, by_hand.detach(), atol=1e-6)
    model.eval().loss(x, "critic", generator=make_generator(9))  # nothing learns, nothing moves
    assert torch.allclose(model.mean_style, by_hand.detach(), atol=1e-6)


def test_without_noise_a_code_has_one_picture_and_with_it_many(model):
    z = codes(1).expand(4, -1)
    w = model.style(z)
    still = model.synthesise(w)
    assert torch.allclose(still, still[:1].expand_as(still), atol=1e-5)
    moving = model.synthesise(w, noise=model.draw_noise(4, generator=make_generator(0)))
    assert moving.std(0).mean() > 1e-3
    assert torch.equal(model.decode(z), still)


def test_shared_fakes_give_the_generators_turn_the_critics_batch():
    model = build(share_fakes=True).train()
    x = torch.zeros(8, 3, 32, 32)
    other = copy.deepcopy(model)
    model.loss(x, "critic", generator=make_generator(4))
    shared = model.loss(x, "generator").total
    other.share_fakes = False
    alone = other.loss(x, "generator", generator=make_generator(4)).total
    assert torch.allclose(shared, alone)
    assert model._shared is None


@pytest.mark.parametrize("shape, layers", [((1, 8, 8), 2), ((3, 32, 32), 4), ((1, 64, 64), 5)])
def test_sizes(shape, layers):
    model = StyleGAN(shape, latent_size=4, style_size=4, critic_width=2)
    assert model.n_layers == layers == len(model.channels) and model.sides[-1] == shape[1]
    assert model.sample(2).shape == (2, *shape)


def test_a_convolution_without_demodulation_lets_magnitudes_follow_the_style():
    for demodulate, factor in ((True, 1.0), (False, 10.0)):
        layer = build(demodulate=demodulate).generator.layers[1]
        layer.conv.style.bias.data.zero_()
        x, w = torch.randn(3, 8, 4, 4), torch.randn(3, 8)
        ratio = layer.conv(x, 10 * w).std() / layer.conv(x, w).std()
        assert ratio.item() == pytest.approx(factor, rel=1e-3)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda m: StyleGAN((1, 28, 28)), ShapeError, "Pad 28 x 28 pictures to 32 x 32"),
        (lambda m: StyleGAN((1, 4, 4)), ShapeError, "8, 16, 32, 64"),
        (lambda m: StyleGAN((1, 32, 16)), ShapeError, "side, side"),
        (lambda m: StyleGAN((2, 32, 32)), ShapeError, "1 or 3 channels"),
        (lambda m: StyleGAN(channels=(8, 8)), ShapeError, "4 numbers, one for each size"),
        (lambda m: StyleGAN(truncation=1.5), RangeError, r"truncation=1.5 must lie in \[0, 1\]"),
        (lambda m: StyleGAN(mixing=2.0), RangeError, "mixing=2.0"),
        (lambda m: StyleGAN(mapping_layers=0), RangeError, "mapping_layers=0"),
        (lambda m: StyleGAN(critic_width=1), RangeError, "critic_width=1"),
        (lambda m: m.style(codes(), truncation=-0.1), RangeError, "truncation=-0.1"),
        (lambda m: m.style(torch.zeros(2, 9)), ShapeError, r"z must be \[N, 6\]"),
        (lambda m: m.mix(*torch.zeros(2, 3, 8), 5), RangeError, "at=5"),
        (lambda m: m.mix(*torch.zeros(2, 3, 8), -1), RangeError, "at=-1"),
        (lambda m: m.mix(torch.zeros(2, 8), torch.zeros(3, 8), 1), ShapeError, "2 coarse styles"),
        (lambda m: m.synthesise(torch.zeros(2, 3, 8)), ShapeError, r"\[N, 8\] or \[N, 4, 8\]"),
        (
            lambda m: m.synthesise(torch.zeros(2, 8), noise=[]),
            ShapeError,
            "0 pictures of noise",
        ),
        (lambda m: next(m.trajectory(3, styles=torch.zeros(2, 8))), ShapeError, "2 styles for n=3"),
        (
            lambda m: m.loss(Labelled(torch.zeros(2, 3, 32, 32), torch.zeros(2)), "critic"),
            AigcError,
            "no classes; give its batch as a plain tensor",
        ),
        (lambda m: m.loss(torch.zeros(2, 3, 16, 16), "critic"), ShapeError, r"\[N, 3, 32, 32\]"),
    ],
)
def test_mistakes_are_sentences(model, call, error, words):
    with pytest.raises(error, match=words):
        call(model)
