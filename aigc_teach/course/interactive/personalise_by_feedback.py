"""The lesson on personalising by feedback: simulated people, searches, markets, learners."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ... import train
from ...core import check_choice, make_generator
from ...data import BANNER, Batches, banner_numbers, banners, faces
from ...data.banners import BannerAttributes
from ...lab.checkers import same_on
from ...lab.register import exercise, question
from ...models import AttributeVAE, PreferenceGP, SearchGaussian, Skill

LESSON = "interactive/personalise_by_feedback"
PAGE = 6
"""Items on a page."""
CHOOSERS = ("random", "gaussian", "greedy", "thompson")
STEEP, MIDDLE = 6.0, 0.3
"""A person clicks with probability sigmoid(STEEP (utility - MIDDLE))."""


class FaceSpace(nn.Module):
    """Codes of faces, standardised: N(0, I) looks like the training faces.

    A VAE's codes fill no ball. A Gaussian is fitted to them, and a code here is whitened by it.

    Parameters
    ----------
    vae : AttributeVAE
    x : Tensor
        ``[N, 3, 32, 32]``: faces to whiten by.
    """

    def __init__(self, vae: AttributeVAE, x: Tensor):
        super().__init__()
        with torch.no_grad():
            mu = vae.encode(x)[0]
        self.whole = nn.Sequential(nn.Linear(vae.latent_size, vae.latent_size), *vae.decoder)
        with torch.no_grad():
            self.whole[0].weight.copy_(torch.linalg.cholesky(torch.cov(mu.T)))
            self.whole[0].bias.copy_(mu.mean(0))
        self.size = vae.latent_size
        self.eval()

    @torch.no_grad()
    def forward(self, z: Tensor) -> Tensor:
        """Pictures ``[N, 3, 32, 32]`` of codes ``[N, D]``."""
        return self.whole(z).clamp(-1, 1)


def face_space(steps: int, n: int, *, seed: int) -> FaceSpace:
    """Train a small VAE on drawn faces, and standardise its codes."""
    x = faces(n, generator=make_generator(1)).x
    torch.manual_seed(seed)
    vae, average = AttributeVAE(latent_size=12, width=16, sigma=0.2), train.EMA(0.99)
    config = train.TrainConfig(steps=steps, lr=3e-3, schedule="cosine_tail", seed=seed)
    batches = Batches(x, batch_size=min(48, n), seed=seed)
    train.fit(vae, batches, config, callbacks=[train.Progress(), average])
    return FaceSpace(average.model.eval(), x[:3000])


class Faces:
    """Items that are codes of faces; what a person sees of one is what a reader says of it.

    Parameters
    ----------
    space : FaceSpace
    reader : nn.Module
        As `metrics.AttributeReader`; its choices but the first (glasses) are looked at.
    """

    groups = (6, 6, 6, 6)  # hair, its colour, shirt, background

    def __init__(self, space: FaceSpace, reader: nn.Module):
        self.space, self.reader, self.size = space, reader, space.size

    def draw(self, people: int, n: int, generator: torch.Generator) -> Tensor:
        """``[people, n, D]`` from N(0, I)."""
        return torch.randn(people, n, self.size, generator=generator)

    def near(self, items: Tensor, generator: torch.Generator) -> Tensor:
        """Neighbours of items."""
        return items + 0.5 * torch.randn(items.shape, generator=generator)

    @torch.no_grad()
    def look(self, items: Tensor) -> Tensor:
        """Probabilities of each name, ``[..., 24]``."""
        logits = self.reader(self.space(items.reshape(-1, self.size)))[1][1:]
        seen = torch.cat([one.softmax(1) for one in logits], 1)
        return seen.reshape(*items.shape[:-1], -1)


class Banners:
    """Items that are banners' attributes as numbers; a person sees them as they are."""

    amounts = 4
    groups = (4, 4, 4, 3)  # thing, words, button, badge
    size = 19

    def draw(self, people: int, n: int, generator: torch.Generator) -> Tensor:
        """``[people, n, 19]``, evenly."""
        table = banner_numbers(_attributes(people * n, generator))
        return table.reshape(people, n, -1)

    def near(self, items: Tensor, generator: torch.Generator) -> Tensor:
        """The same banners with about two of their eight attributes drawn anew."""
        fresh = self.draw(*items.shape[:2], generator)
        change = torch.rand(*items.shape[:2], 8, generator=generator) < 0.25
        sizes = torch.tensor([1] * self.amounts + list(self.groups))
        return torch.where(change.repeat_interleave(sizes, dim=2), fresh, items)

    def look(self, items: Tensor) -> Tensor:
        """The numbers themselves."""
        return items


def _attributes(n: int, generator: torch.Generator) -> BannerAttributes:
    quantiles = torch.rand(n, len(BANNER), generator=generator)
    kinds = zip(BANNER.values(), quantiles.unbind(1), strict=True)
    return BannerAttributes(*(kind.value(q) for kind, q in kinds))


def as_banners(items: Tensor) -> Tensor:
    """Pictures of banners given as numbers ``[N, 19]``."""
    given, at = {}, 0
    for name, kind in BANNER.items():
        names = getattr(kind, "names", ())
        columns = items[:, at : at + max(1, len(names))]
        given[name] = columns.argmax(1) if names else kind.value(columns[:, 0])
        at += max(1, len(names))
    return banners(len(items), **given).x


class People(NamedTuple):
    """Simulated people, whose taste is known.

    Attributes
    ----------
    weights : Tensor
        ``[P, F]``: what each thing seen is worth to each person.
    ideal : Tensor
        ``[P, A]``: the best amounts, where items have any.
    middle, best : Tensor
        ``[P]``: worth of an average item, and of the best there can be.
    """

    weights: Tensor
    ideal: Tensor
    middle: Tensor
    best: Tensor

    def utility(self, seen: Tensor) -> Tensor:
        """``[P, K, A + F]`` -> ``[P, K]``: 0 for an average item, 1 for the best possible."""
        amounts = self.ideal.shape[1]
        worth = (seen[..., amounts:] * self.weights[:, None]).sum(-1)
        off = (seen[..., :amounts] - self.ideal[:, None]).square().sum(-1)
        worth = worth - 4 * off
        return (worth - self.middle[:, None]) / (self.best - self.middle)[:, None]

    def clicks(self, chance: Tensor, generator: torch.Generator) -> Tensor:
        """Likes (1) or not (0), given their probabilities."""
        return (torch.rand(chance.shape, generator=generator) < chance).float()


def people(n: int, world: object, generator: torch.Generator) -> People:
    """`n` people with tastes of their own, for the items of a world."""
    groups, amounts = world.groups, getattr(world, "amounts", 0)
    weights = torch.randn(n, sum(groups), generator=generator)
    ideal = torch.rand(n, amounts, generator=generator)
    if amounts:
        weights[:, -1] = weights[:, -3:-1].amin(1) - 0.5  # nobody is glad of a burst
    parts = weights.split(list(groups), 1)
    best = torch.stack([part.amax(1) for part in parts]).sum(0)
    middle = torch.stack([part.mean(1) for part in parts]).sum(0)
    middle = middle - 4 * ((ideal - 0.5).square() + 1 / 12).sum(1)
    return People(weights, ideal, middle, best)


class Run(NamedTuple):
    """One search for each person.

    Attributes
    ----------
    utility : Tensor
        ``[P, T, K]``: what the K items of T pages are truly worth.
    items : Tensor
        ``[P, T, K, D]``.
    liked : Tensor
        ``[P, T, K]``.
    """

    utility: Tensor
    items: Tensor
    liked: Tensor

    def page(self) -> Tensor:
        """Mean utility of each page, ``[T]``."""
        return self.utility.mean((0, 2))

    def regret(self) -> Tensor:
        """What has been missed up to each page, ``[T]``: the sum of 1 - mean utility."""
        return (1 - self.page()).cumsum(0)

    def late(self, pages: int = 5) -> float:
        """Mean utility of the last pages."""
        return self.page()[-pages:].mean().item()

    def views(self, good: float) -> Tensor:
        """Items seen until the first that is worth `good`; all of them where there was none."""
        flat = self.utility.flatten(1) >= good
        first = flat.float().argmax(1) + 1
        return torch.where(flat.any(1), first, flat.shape[1]).float()

    def spread(self, look: Callable[[Tensor], Tensor]) -> Tensor:
        """Mean distance between the items of a page, as they are seen: ``[T]``."""
        seen = look(self.items)  # [P, T, K, F]
        k = seen.shape[2]
        return torch.cdist(seen, seen).sum((2, 3)).mean(0) / (k * (k - 1))


def search(
    world: object,
    persons: People,
    chooser: str,
    *,
    pages: int,
    generator: torch.Generator,
    explore: int = 0,
    floor: float = 0.0,
    forget: float = 1.0,
    later: People | None = None,
    turn: int = 0,
    chance: Callable[[Tensor, Tensor], Tensor] | None = None,
    pool: int = 200,
) -> Run:
    """Show pages to all persons side by side, and learn from each one's own likes.

    Parameters
    ----------
    world : Faces or Banners
    persons : People
    chooser : {"random", "gaussian", "greedy", "thompson"}
    pages : int
    generator : torch.Generator
    explore : int
        Places of each page that are filled at random.
    floor : float
        For "gaussian": the spread's floor.
    forget : float
        A judgement's weight is this to the power of its age in pages.
    later, turn : People, int
        From page `turn` on, these tastes count.
    chance : callable, optional
        Utility and what is seen -> probability of a click.
    pool : int
        Candidates that a belief chooses from, half of them near what it holds best.
    """
    check_choice("chooser", chooser, CHOOSERS)
    chance = chance or (lambda utility, seen: torch.sigmoid(STEEP * (utility - MIDDLE)))
    n = len(persons.weights)
    gaussian = SearchGaussian(torch.zeros(n, world.size), torch.ones(n, world.size))
    kept = Run(
        torch.zeros(n, 0, PAGE), torch.zeros(n, 0, PAGE, world.size), torch.zeros(n, 0, PAGE)
    )
    for t in range(pages):
        if chooser == "random" or (t == 0 and chooser != "gaussian"):
            items = world.draw(n, PAGE, generator)
        elif chooser == "gaussian":
            items = gaussian.draw(PAGE, generator=generator)
        else:
            items = believed_best(world, kept, chooser, forget, pool, generator)
        if explore and chooser != "random":
            items[:, PAGE - explore :] = world.draw(n, explore, generator)
        seen = world.look(items)
        now = later if later is not None and t >= turn else persons
        utility = now.utility(seen)
        liked = now.clicks(chance(utility, seen), generator)
        if chooser == "gaussian":
            gaussian = gaussian.follow(items, liked, floor=floor)
        new = Run(utility[:, None], items[:, None], liked[:, None])
        kept = Run(*(torch.cat(pair, 1) for pair in zip(kept, new, strict=True)))
    return kept


def believed_best(
    world: object,
    kept: Run,
    chooser: str,
    forget: float,
    pool: int,
    generator: torch.Generator,
) -> Tensor:
    """A page of the items that a belief about each person holds best, ``[P, K, D]``."""
    n, pages = kept.liked.shape[:2]
    x, y = kept.items.flatten(1, 2), kept.liked.flatten(1)
    age = torch.arange(pages - 1, -1, -1.0).repeat_interleave(PAGE)
    belief = PreferenceGP(length=world_length(world), scale=2.0, offset=-1.4)
    belief.fit(x, y, weights=forget**age)
    top = belief.mode.topk(min(5, x.shape[1]), dim=1).indices
    centre = x.gather(1, top[..., None].expand(-1, -1, world.size))
    centre = centre.repeat_interleave(pool // 2 // top.shape[1], dim=1)
    candidates = [world.draw(n, pool - centre.shape[1], generator), world.near(centre, generator)]
    candidates = torch.cat(candidates, 1)
    if chooser == "greedy":
        best = belief.predict(candidates)[0].topk(PAGE, dim=1).indices
    else:  # one draw of the whole taste for each place of the page
        mean, root = belief.posterior_root(candidates)
        noise = torch.randn(n, root.shape[-1], PAGE, generator=generator, dtype=root.dtype)
        best = (mean[..., None] + root @ noise).argmax(1)
    return candidates.gather(1, best[..., None].expand(-1, -1, world.size))


def world_length(world: object) -> float:
    """How far a judgement reaches: about the distance of two items drawn at random."""
    return 4.0 if isinstance(world, Faces) else 2.0


def market(
    quality: Tensor, order: str, *, worlds: int, visitors: int, generator: torch.Generator
) -> Tensor:
    """Shares of all clicks that each item ends with, in separate worlds: ``[W, I]``.

    A visitor looks at three places of a list, the r-th with probability proportional to 1 / r,
    and clicks on what stands there with probability `quality`. Worlds share nothing but the items.

    Parameters
    ----------
    quality : Tensor
        ``[I]``.
    order : {"random", "clicks", "rate"}
        The list's order: by chance, by clicks so far, or by clicks per look with doubt added: a
        draw from Beta(1 + clicks, 1 + looks without one).
    """
    check_choice("order", order, ("random", "clicks", "rate"))
    n = len(quality)
    places = 1 / torch.arange(1, n + 1.0)
    clicks, looks = torch.zeros(worlds, n), torch.zeros(worlds, n)
    for _ in range(visitors):
        rank = torch.rand(worlds, n, generator=generator)
        if order == "clicks":
            rank = clicks + 0.5 * rank  # ties by chance
        elif order == "rate":
            rank = _beta(1 + clicks, 1 + looks - clicks, generator)
        listed = rank.argsort(1, descending=True)
        places_seen = torch.multinomial(places.expand(worlds, n), 3, generator=generator)
        which = listed.gather(1, places_seen)  # [W, 3]
        liked = torch.rand(worlds, 3, generator=generator) < quality[which]
        clicks.scatter_add_(1, which, liked.float())
        looks.scatter_add_(1, which, torch.ones(worlds, 3))
    return clicks / clicks.sum(1, keepdim=True).clamp(min=1)


def _beta(a: Tensor, b: Tensor, generator: torch.Generator) -> Tensor:
    """About Beta(a, b): a normal of the same mean and spread."""
    mean = a / (a + b)
    spread = (mean * (1 - mean) / (a + b + 1)).sqrt()
    return mean + spread * torch.randn(a.shape, generator=generator)


def gini(shares: Tensor) -> float:
    """Gini coefficient of shares ``[W, I]``, mean over worlds: 0 if all are equal.

    >>> gini(torch.tensor([[0.25, 0.25, 0.25, 0.25]])), gini(torch.tensor([[0.0, 0.0, 0.0, 1.0]]))
    (0.0, 0.75)
    """
    off = (shares[:, :, None] - shares[:, None]).abs().sum((1, 2))
    return (off / (2 * shares.shape[1] * shares.sum(1))).mean().item()


def unpredictability(shares: Tensor) -> float:
    """How far an item's share in one world lies from that in another; mean over items and pairs.

    Salganik, Dodds & Watts 2006: sum over pairs of worlds of absolute differences, divided by
    the number of pairs, and averaged over the items.

    >>> round(unpredictability(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])), 3)
    0.667
    """
    return _unpredictability(shares).item()


def _unpredictability(shares: Tensor) -> Tensor:
    w = len(shares)
    off = (shares[:, None] - shares[None]).abs().sum((0, 1))  # each pair twice
    return (off / (w * (w - 1))).mean()


# The course's own exercises, as skills in the order of its lessons
TOPICS = ("autoencoder", "vae", "gan", "conditions", "attention", "diffusion", "flow", "judging")
SLOW = 0.02
"""How much of its rate is left to a skill that needs one which is not known."""
ORDERS = ("fixed", "random", "gain", "gain, told", "oracle")


def topics(learn: float = 0.4) -> Skill:
    """The eight skills: the first known to many beforehand, the last to few."""
    first = torch.tensor([0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1])
    return Skill(first, *(torch.full((8,), rate) for rate in (learn, 0.2, 0.1)))


def study(
    skill: Skill,
    policy: str,
    *,
    learners: int,
    exercises: int,
    generator: torch.Generator,
    needs_earlier: bool = False,
) -> Tensor:
    """Skills known after each exercise, mean over simulated learners: ``[exercises]``.

    Parameters
    ----------
    skill : Skill
        Of K skills.
    policy : {"fixed", "random", "gain", "gain, told", "oracle"}
        Which exercise comes next: as many of each skill in the course's order; any; the largest
        expected gain; the same, told that a skill needs the one before it; or the truth looked at.
    needs_earlier : bool
        Whether a skill is truly learnt at a fiftieth of its rate while the one before is not
        known.
    """
    check_choice("policy", policy, ORDERS)
    k = len(skill.first)
    known = torch.rand(learners, k, generator=generator) < skill.first  # the truth
    belief = skill.first.expand(learners, k).clone()
    rows, curve = torch.arange(learners), []

    def ready(p: Tensor) -> Tensor:  # how fast a skill is learnt, given what is known
        before = torch.cat([torch.ones(len(p), 1), p[:, :-1].float()], 1)
        return SLOW + (1 - SLOW) * before

    for step in range(exercises):
        if policy == "fixed":
            which = torch.full((learners,), min(k - 1, step * k // exercises))
        elif policy == "random":
            which = torch.randint(k, (learners,), generator=generator)
        else:
            p = known.float() if policy == "oracle" else belief
            told = policy == "gain, told" or (policy == "oracle" and needs_earlier)
            value = skill.gain(p) * (ready(p) if told else 1)
            which = (value + 1e-6 * torch.rand(value.shape, generator=generator)).argmax(1)
        mine = Skill(*(part[which] for part in skill))
        has = known[rows, which]
        right = torch.rand(learners, generator=generator) < mine.right(has.float())
        rate = mine.learn * (ready(known)[rows, which] if needs_earlier else 1)
        known[rows, which] = has | (torch.rand(learners, generator=generator) < rate)
        told_rate = mine.learn * (ready(belief)[rows, which] if policy == "gain, told" else 1)
        belief[rows, which] = mine._replace(learn=told_rate).trace(belief[rows, which], right)
        curve.append(known.float().sum(1).mean())
    return torch.stack(curve)


_g = make_generator(5)
SHOWN = torch.randn(5, 3, generator=_g)
LIKES = torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0])
FOLLOWS = [
    (torch.tensor([0.3, -0.2, 1.0]), torch.tensor([1.0, 0.7, 1.4]), SHOWN, LIKES),
    (torch.tensor([-1.0, 0.5, 0.2]), torch.tensor([0.5, 0.9, 2.0]), SHOWN.flip(0), 1 - LIKES),
]
RATE, WIDTH_RATE = 0.5, 0.15


def _follow(m: Tensor, s: Tensor, z: Tensor, r: Tensor, about: str = "old") -> tuple:
    m, s, z, r = m.double(), s.double(), z.double(), r.double()
    w = r / r.sum()
    mean = (w[:, None] * z).sum(0)
    off = z - (m if about == "old" else mean)
    wide = (w[:, None] * off.square()).sum(0)
    return m + RATE * (mean - m), (s.square() + WIDTH_RATE * (wide - s.square())).sqrt()


def _changed(**parts: Callable) -> Callable:
    """`_follow` with its mean or its spread passed through a function of (value, m, s, z, r)."""

    def wrong(m, s, z, r):
        mean, spread = _follow(m, s, z, r)
        args = tuple(x.double() for x in (m, s, z, r))
        return (
            parts.get("mean", lambda v, *_: v)(mean, *args),
            parts.get("spread", lambda v, *_: v)(spread, *args),
        )

    return wrong


FOLLOW_MISTAKES = {
    "The deviations are taken from the *old* mean: yours are from the mean of the liked.": (
        lambda m, s, z, r: _follow(m, s, z, r, about="new")
    ),
    "Your mean jumps all the way to the liked ones; go half the way.": _changed(
        mean=lambda v, m, s, z, r: m + 2 * (v - m)
    ),
    "Your mean does not move.": _changed(mean=lambda v, m, s, z, r: m),
    "Your spread does not change.": _changed(spread=lambda v, m, s, z, r: s),
    "Dislikes must not pull: average over the liked codes alone.": (
        lambda m, s, z, r: _follow(m, s, z, torch.ones_like(r))
    ),
    "You follow the disliked ones.": lambda m, s, z, r: _follow(m, s, z, 1 - r),
    "That is the variance; take its root at the end.": _changed(
        spread=lambda v, m, s, z, r: v.square()
    ),
    "You divided by the number shown; divide by the number liked.": _changed(
        mean=lambda v, m, s, z, r: m + (v - m) * r.sum() / len(r),
        spread=lambda v, m, s, z, r: (
            s.square() + (v.square() - s.square()) * r.sum() / len(r)
        ).sqrt(),
    ),
    "Your mean goes away from the liked ones.": _changed(mean=lambda v, m, s, z, r: 2 * m - v),
}


@exercise(
    f"{LESSON}/follow",
    not_yet="Write the body of `follow_likes(mean, spread, shown, liked)`: return mean and spread.",
    right="That is one step along the natural gradient of the expected likes.",
    hints=[
        "w = liked / liked.sum() are weights that sum to 1.",
        "new mean: mean + 0.5 * ((w[:, None] * shown).sum(0) - mean).",
        "new variance: v + 0.15 * ((w[:, None] * (shown - mean) ** 2).sum(0) - v); then its root.",
    ],
)
def follow(answer) -> None:
    """Mean and spread after one page, by rates 0.5 and 0.15."""
    same_on(answer, _follow, FOLLOWS, mistakes=FOLLOW_MISTAKES)


ITEMS = torch.randn(5, 2, generator=_g)
KERNEL = 4 * (-torch.cdist(ITEMS, ITEMS).square() / 2).exp()
START = torch.randn(5, generator=_g)
NEWTONS = [
    (KERNEL, START, LIKES),
    (KERNEL[:4, :4], START[:4], LIKES[:4]),
    (KERNEL, torch.zeros(5), 1 - LIKES),
]


def _newton(k: Tensor, f: Tensor, y: Tensor) -> Tensor:
    k, f, y = k.double(), f.double(), y.double()
    pi = torch.sigmoid(f)
    w = pi * (1 - pi)
    return torch.linalg.solve(torch.eye(len(f), dtype=k.dtype) + k * w, k @ (w * f + y - pi))


def _with(step: Callable) -> Callable:
    def wrong(k, f, y):
        k, f, y = k.double(), f.double(), y.double()
        return step(k, f, y, torch.sigmoid(f), torch.eye(len(f), dtype=k.dtype))

    return wrong


NEWTON_MISTAKES = {
    "You left W f out: Newton's step is measured from where f stands.": _with(
        lambda k, f, y, p, i: torch.linalg.solve(i + k * (p * (1 - p)), k @ (y - p))
    ),
    "That is a gradient step with K; divide by the curvature, I + K W.": _with(
        lambda k, f, y, p, i: k @ (p * (1 - p) * f + y - p)
    ),
    "The slope is y - pi; yours has the other sign.": _with(
        lambda k, f, y, p, i: torch.linalg.solve(
            i + k * (p * (1 - p)), k @ (p * (1 - p) * f - y + p)
        )
    ),
    "W is pi (1 - pi); you used pi.": _with(
        lambda k, f, y, p, i: torch.linalg.solve(i + k * p, k @ (p * f + y - p))
    ),
    "You left the prior out: that is the peak of the likelihood's parabola alone.": _with(
        lambda k, f, y, p, i: f + (y - p) / (p * (1 - p))
    ),
    "You forgot the K on the right-hand side.": _with(
        lambda k, f, y, p, i: torch.linalg.solve(i + k * (p * (1 - p)), p * (1 - p) * f + y - p)
    ),
    "W stands on the wrong side: (I + K W), so W multiplies the columns of K.": _with(
        lambda k, f, y, p, i: torch.linalg.solve(
            i + k * (p * (1 - p))[:, None], k @ (p * (1 - p) * f + y - p)
        )
    ),
}


@exercise(
    f"{LESSON}/newton",
    not_yet="Write the body of `newton_step(K, f, y)` and return a tensor [N].",
    right="Repeat it until nothing moves, and you stand at the peak of the posterior.",
    hints=[
        "pi = torch.sigmoid(f) and w = pi * (1 - pi), both [N].",
        "(K^-1 + W)^-1 b is the same as (I + K W)^-1 K b; nothing is inverted.",
        "torch.linalg.solve(torch.eye(len(f)) + K * w, K @ (w * f + y - pi))",
    ],
)
def newton(answer) -> None:
    """One Newton step towards the peak of the posterior of f."""
    same_on(answer, _newton, NEWTONS, mistakes=NEWTON_MISTAKES)


BELIEFS = torch.tensor([0.1, 0.5, 0.8, 0.95])
ANSWERS = torch.tensor([True, False, True, False])
TRACES = [
    (BELIEFS, ANSWERS, 0.2, 0.1, 0.3),
    (BELIEFS.flip(0), ANSWERS, 0.25, 0.05, 0.15),
    (BELIEFS[:2], ANSWERS[:2], 0.3, 0.2, 0.1),
]


def _seen(p: Tensor, c: Tensor, guess: float, slip: float) -> Tensor:
    p, c = p.double(), c.double()
    yes = c * (1 - slip) + (1 - c) * slip
    no = c * guess + (1 - c) * (1 - guess)
    return p * yes / (p * yes + (1 - p) * no)


def _trace(p: Tensor, c: Tensor, guess: float, slip: float, learn: float) -> Tensor:
    q = _seen(p, c, guess, slip)
    return q + (1 - q) * learn


TRACE_MISTAKES = {
    "That is what the answer says; the exercise may also have taught the skill.": (
        lambda p, c, g, s, t: _seen(p, c, g, s)
    ),
    "You let it learn first and looked at the answer then: the answer came before.": (
        lambda p, c, g, s, t: _seen(p.double() + (1 - p.double()) * t, c, g, s)
    ),
    "You left the answer out.": lambda p, c, g, s, t: p.double() + (1 - p.double()) * t,
    "You read wrong answers as right ones, and the other way round.": (
        lambda p, c, g, s, t: _trace(p, ~c, g, s, t)
    ),
    "You exchanged guess and slip.": lambda p, c, g, s, t: _trace(p, c, s, g, t),
    "You treated every answer as right.": (
        lambda p, c, g, s, t: _trace(p, torch.ones_like(c), g, s, t)
    ),
    "Only what was not known can be learnt: add (1 - p) times the rate, not the rate.": (
        lambda p, c, g, s, t: _seen(p, c, g, s) + t
    ),
    "You multiplied by the likelihood and did not divide by the evidence.": (
        lambda p, c, g, s, t: _learn(p.double() * (c.double() * (1 - s) + (1 - c.double()) * s), t)
    ),
}


def _learn(q: Tensor, rate: float) -> Tensor:
    return q + (1 - q) * rate


@exercise(
    f"{LESSON}/trace",
    not_yet="Write the body of `trace_known(known, correct, guess, slip, learn)`; return a tensor.",
    right="Bayes' rule, then one step of the chain: a hidden Markov model's forward step.",
    hints=[
        "P(answer | known) is 1 - slip where it is right, and slip where it is wrong.",
        "seen = known * yes / (known * yes + (1 - known) * no)",
        "seen + (1 - seen) * learn",
    ],
)
def trace(answer) -> None:
    """The probability that a skill is known after an answer and what was taught."""
    same_on(answer, _trace, TRACES, mistakes=TRACE_MISTAKES)


SHARES = torch.rand(4, 6, generator=_g).softmax(1)
WORLDS = [(SHARES,), (SHARES[:3],), (SHARES[1:, :4] ** 2,)]


def _pairs(s: Tensor) -> Tensor:
    return (s.double()[:, None] - s.double()[None]).abs()


UNPREDICTABLE_MISTAKES = {
    "A world is no pair with itself: there are W (W - 1) / 2 pairs, not W * W / 2.": (
        lambda s: _pairs(s).mean()
    ),
    "You counted every pair twice.": (
        lambda s: _pairs(s).sum() / (len(s) * (len(s) - 1) / 2) / s.shape[1]
    ),
    "Take the mean over the items, not their sum.": lambda s: (
        _unpredictability(s.double()) * s.shape[1]
    ),
    "You compared items within a world; compare one item between two worlds.": (
        lambda s: (
            (s.double()[:, :, None] - s.double()[:, None]).abs().sum()
            / (len(s) * s.shape[1] * (s.shape[1] - 1))
        )
    ),
    "Without the absolute value differences cancel.": (
        lambda s: (s.double()[:, None] - s.double()[None]).mean()
    ),
    "That is a standard deviation; here it is a mean absolute difference.": (
        lambda s: s.double().std(0).mean()
    ),
    "You squared the differences.": (
        lambda s: _pairs(s).square().sum() / (len(s) * (len(s) - 1)) / s.shape[1]
    ),
}


@exercise(
    f"{LESSON}/unpredictable",
    not_yet="Write the body of `unpredictable(shares)` and return one number.",
    right="0 would say that success can be foretold from another world.",
    hints=[
        "shares[:, None] - shares[None] is [W, W, I]: every world against every world.",
        "Each pair stands there twice, and each world once against itself, with 0.",
        "(shares[:, None] - shares[None]).abs().sum((0, 1)).mean() / (W * (W - 1))",
    ],
)
def unpredictable(answer) -> None:
    """The mean absolute difference of shares between worlds."""
    same_on(
        answer,
        lambda s: _unpredictability(s.double()),
        WORLDS,
        mistakes=UNPREDICTABLE_MISTAKES,
    )


question(
    f"{LESSON}/q1",
    "A person likes nothing on a page. What does the Gaussian that follows likes do?",
    options={
        "a": (
            "It moves away from the page, to what is least like it.",
            "Its update is a mean over the liked: there is none.",
        ),
        "b": ("It stays, and shows a new page.", "No like, no direction."),
        "c": (
            "It grows wider, so that the next page differs more.",
            "That would be another rule; this one has no such step.",
        ),
    },
    answer="b",
)

question(
    f"{LESSON}/q2",
    "Why does Thompson sampling show an item of which little is known?",
    options={
        "a": (
            "In some draws of the belief it is the best.",
            "It is shown as often as it is believed to be the best.",
        ),
        "b": (
            "Because its mean is high: what is not known is taken as good.",
            "The mean of what was never shown is that of the prior.",
        ),
        "c": (
            "Because each item must be shown equally often.",
            "Items believed to be poor are hardly shown at all.",
        ),
    },
    answer="a",
)

question(
    f"{LESSON}/q3",
    "Clicks rise month by month. Are people served better?",
    options={
        "a": (
            "Yes: they vote with their clicks, and the votes rise.",
            "A bait is clicked on, too.",
        ),
        "b": (
            "It cannot be seen in the clicks.",
            "It takes a measure that the bait does not move.",
        ),
        "c": (
            "No: more clicks mean that people search longer.",
            "They may; or they may be served better. Clicks alone do not tell.",
        ),
    },
    answer="b",
)

question(
    f"{LESSON}/q4",
    "A list is ordered by clicks, and one item is far ahead. Is it the best?",
    options={
        "a": (
            "Not surely: in another world another item may lead.",
            "Whoever leads is seen more, and clicked more.",
        ),
        "b": (
            "Yes, if there were many visitors: then luck averages out.",
            "More visitors do not undo an early lead.",
        ),
        "c": (
            "No: what leads a list of clicks is never the best.",
            "It may be; the list does not tell.",
        ),
    },
    answer="a",
)

question(
    f"{LESSON}/q5",
    "When does a fixed order of exercises beat the one with the largest expected gain?",
    options={
        "a": (
            "Where skills need each other and the model does not know it.",
            "The order holds knowledge that the model lacks.",
        ),
        "b": (
            "Where learners differ much in what they know beforehand.",
            "Then it pays to look at their answers.",
        ),
        "c": (
            "Where there is time for many exercises of each skill.",
            "Then both teach nearly everything.",
        ),
    },
    answer="a",
)
