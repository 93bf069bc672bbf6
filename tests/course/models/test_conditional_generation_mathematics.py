"""The formulas of conditional generation against independent sources."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import integrate, stats
from torch import nn
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal, Normal

from aigc_teach.core import Labelled, make_generator
from aigc_teach.models import DCGAN, ConvVAE
from aigc_teach.models.dcgan import ConvCritic

# p(z) = N(0, 1), p(x | z, y) = N(a_y z + c_y, s^2): everything has a closed form
SLOPE, SHIFT, SPREAD = (1.0, -0.5, 2.0), (-1.0, 0.3, 2.0), 0.7


@pytest.mark.parametrize("y", [0, 1, 2])
def test_the_conditional_bound_loses_the_kl_to_the_posterior_given_the_label(y):
    """log p(x|y) - bound = KL(q(z|x) || p(z|x, y)), by quadrature over z, for any q."""
    a, c, x = SLOPE[y], SHIFT[y], 0.8
    mu, sigma = 0.4, 0.6  # a q that knows nothing of y
    q = stats.norm(mu, sigma)

    def log_likelihood(z):
        return stats.norm(a * z + c, SPREAD).logpdf(x)

    reconstruction = integrate.quad(lambda z: q.pdf(z) * log_likelihood(z), -6, 6)[0]
    kl = 0.5 * (mu**2 + sigma**2 - 1 - math.log(sigma**2))
    evidence = stats.norm(c, math.hypot(a, SPREAD)).logpdf(x)
    variance = 1 / (1 + a**2 / SPREAD**2)
    posterior = stats.norm(variance * a * (x - c) / SPREAD**2, math.sqrt(variance))
    gap = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - posterior.logpdf(z)), -6, 6)[0]
    assert evidence - (reconstruction - kl) == pytest.approx(gap, abs=1e-6)
    assert gap > 0


def test_a_label_is_worth_its_entropy_less_the_doubt():
    """E log p(x|y) - E log p(x) = H(y) - H(y|x), by quadrature; at most ln K."""
    shares, places = (0.5, 0.2, 0.3), (-2.0, 0.0, 3.0)
    classes = [stats.norm(place, 0.8) for place in places]

    def p(x):
        return sum(w * c.pdf(x) for w, c in zip(shares, classes, strict=True))

    def over(f):
        return integrate.quad(f, -8, 9, limit=200)[0]

    told = sum(
        w * over(lambda x, c=c: c.pdf(x) * c.logpdf(x))
        for w, c in zip(shares, classes, strict=True)
    )
    untold = over(lambda x: p(x) * math.log(p(x)))
    entropy = -sum(w * math.log(w) for w in shares)
    doubt = -sum(
        w * over(lambda x, w=w, c=c: c.pdf(x) * math.log(w * c.pdf(x) / p(x)))
        for w, c in zip(shares, classes, strict=True)
    )
    assert told - untold == pytest.approx(entropy - doubt, abs=1e-6)
    assert 0 < told - untold < math.log(3)


def joint(means, shares):
    return [
        (MultivariateNormal(m, torch.eye(2, dtype=torch.float64)), w)
        for m, w in zip(means, shares, strict=True)
    ]


def test_two_ways_to_split_the_best_logit():
    """By label and by picture, each against torch.distributions; unequal shares too."""
    generator = make_generator(0)
    x = torch.randn(200, 2, generator=generator, dtype=torch.float64) * 2
    m, n = (torch.randn(3, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    ps, qs = torch.tensor([[0.5, 0.2, 0.3], [0.3, 0.3, 0.4]], dtype=torch.float64)

    def parts(means, shares):
        given = torch.stack([d.log_prob(x) for d, _ in joint(means, shares)], dim=1)  # [N, 3]
        components = MultivariateNormal(means, torch.eye(2, dtype=torch.float64))
        marginal = MixtureSameFamily(Categorical(shares), components).log_prob(x).unsqueeze(1)
        return given, marginal, given + shares.log() - marginal  # x|y, x, y|x

    p, q = parts(m, ps), parts(n, qs)
    best = (p[0] + ps.log()) - (q[0] + qs.log())
    assert torch.allclose(best, (p[0] - q[0]) + (ps / qs).log())
    assert torch.allclose(best, (p[1] - q[1]) + (p[2] - q[2]))
    assert torch.allclose(p[2].exp().sum(1), torch.ones(200, dtype=torch.float64))


def test_projection_is_exact_where_both_posteriors_are_softmaxes():
    """log p(y|x)/q(y|x) less (a_y - b_y) . f does not depend on y."""
    generator = make_generator(1)
    f = torch.randn(50, 6, generator=generator, dtype=torch.float64)
    a, b = (torch.randn(4, 6, generator=generator, dtype=torch.float64) for _ in range(2))
    ratio = Categorical(logits=f @ a.T).logits - Categorical(logits=f @ b.T).logits  # [50, 4]
    rest = ratio - f @ (a - b).T
    assert torch.allclose(rest, rest[:, :1].expand_as(rest))
    assert (rest[:, 0].std() > 0.1).item(), "psi is a function of x, not a constant"


def test_best_critic_of_pairs_is_found_by_a_search():
    """A free logit for each of (10 places, 3 labels) minimises the critic's loss at log p/q."""
    generator = make_generator(2)
    p, q = (torch.rand(10, 3, generator=generator, dtype=torch.float64) + 0.05 for _ in range(2))
    p, q = p / p.sum(), q / q.sum()
    t = torch.zeros_like(p, requires_grad=True)
    search = torch.optim.LBFGS([t], max_iter=500, line_search_fn="strong_wolfe")

    def loss():
        search.zero_grad()
        value = (p * nn.functional.softplus(-t) + q * nn.functional.softplus(t)).sum()
        value.backward()
        return value

    for _ in range(5):
        search.step(loss)
    assert torch.allclose(t.detach(), (p / q).log(), atol=1e-2)


def test_the_packages_critic_is_a_bilinear_layer_and_a_linear_one():
    torch.manual_seed(0)
    critic = ConvCritic((1, 28, 28), width=8, n_classes=10)
    x, y = torch.rand(16, 1, 28, 28) * 2 - 1, torch.arange(16) % 10
    f = critic.features(x)
    product = nn.Bilinear(10, f.shape[1], 1, bias=False)  # sum over k, j of y_k V_kj f_j
    product.weight.data = critic.class_vectors.weight.data.unsqueeze(0)
    expected = critic.head(f) + product(nn.functional.one_hot(y, 10).float(), f)
    assert torch.allclose(critic(x, y), expected.squeeze(1), atol=1e-5)


def test_a_one_hot_label_selects_one_column():
    torch.manual_seed(0)
    model = DCGAN(latent_size=8, width=4, n_classes=10)
    first = model.generator[0]
    z = torch.randn(10, 8)
    expected = nn.functional.linear(z, first.weight[:, :8], first.bias) + first.weight[:, 8:].T
    assert torch.allclose(first(model.with_label(z, torch.arange(10))), expected, atol=1e-6)


def test_the_packages_conditional_loss_is_the_bound():
    """Against torch.distributions: Bernoulli of the logits, KL of two normals."""
    torch.manual_seed(0)
    model = ConvVAE(latent_size=4, width=4, beta=0.3, n_classes=10)
    x, y = (torch.rand(32, 1, 28, 28) > 0.7).float() * 2 - 1, torch.arange(32) % 10
    loss = model.loss(Labelled(x, y), generator=make_generator(5))
    mu, logvar = model.encode(x)
    z = mu + (0.5 * logvar).exp() * torch.randn(mu.shape, generator=make_generator(5))
    logits = model.decoder(torch.cat([z, torch.eye(10)[y]], dim=1))
    bernoulli = torch.distributions.Bernoulli(logits=logits)
    reconstruction = -bernoulli.log_prob((x + 1) / 2).flatten(1).sum(1).mean()
    q = Normal(mu, (0.5 * logvar).exp())
    kl = torch.distributions.kl_divergence(q, Normal(0.0, 1.0)).sum(1).mean()
    assert loss.total.item() == pytest.approx((reconstruction + 0.3 * kl).item(), rel=1e-5)
    assert loss.parts["kl"].item() == pytest.approx(kl.item(), rel=1e-5)


def test_the_posterior_of_the_exercise_is_bayes_rule():
    from aigc_teach.course.models.conditional_generation import _posterior

    x = torch.tensor([-1.0, 0.2, 2.5])
    places, shares = (-2.0, 0.0, 3.0), torch.tensor([0.5, 0.2, 0.3])
    logs = torch.stack([Normal(place, 0.8).log_prob(x) for place in places], dim=1)
    rule = [[w * stats.norm(m, 0.8).pdf(v) for w, m in zip(shares.tolist(), places, strict=True)]
            for v in x.tolist()]  # fmt: skip
    rule = torch.tensor(rule) / torch.tensor(rule).sum(1, keepdim=True)
    assert torch.allclose(_posterior(logs, shares), rule.float(), atol=1e-5)
