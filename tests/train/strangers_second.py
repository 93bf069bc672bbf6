"""The second table: which training has which defect, and the symptoms that would name it.

It was written before the rules' bounds were looked at. ``meant`` names every symptom that points
at the cause; names of symptoms that no rule establishes are allowed, and count as misses.
"""

from __future__ import annotations

from functools import partial

from train import strangers_codes as codes
from train import strangers_gans as gans
from train import strangers_scripts as scripts
from train.strangers_kit import Case

NOISE = "reused_noise noise_repeats"
UNMOVED = "never_moves weights_without_optimizer"
CUT = "no_gradient never_moves gradient_does_not_reach"

# defect, the symptoms that name it, and at least two trainings in which it is planted
SICK = [
    ("log loss of logits on probabilities", "squashed_twice",
     [(scripts.dcgan, "with logits"), (gans.acgan, "with logits"), (gans.hub, "with logits")]),
    ("fake is labelled real", "labels_alike",
     [(scripts.dcgan, "label not filled"), (gans.points, "ones for both"),
      (gans.acgan, "valid for both"), (gans.pix2pix, "True for both"),
      (gans.two_class, "1 for both"), (gans.hub, "ones for both")]),
    ("both signs alike", "labels_alike",
     [(scripts.wgan_gp, "same sign"), (gans.holder, "both halves alike")]),
    ("the critic sees real data alone", "labels_alike one_half_missing",
     [(scripts.wgan_gp, "real half alone"), (gans.holder, "real half alone")]),
    ("the generator is rewarded for being recognised", "generator_pulls_with_critic",
     [(scripts.dcgan, "fake label in G"), (scripts.wgan_gp, "sign of g_loss"),
      (gans.holder, "sign"), (gans.points, "zeros in G")]),
    ("fakes detached in the generator's turn", CUT,
     [(scripts.dcgan, "detach in G"), (gans.pix2pix, "detached"), (gans.holder, "no_grad")]),
    ("a loss made of item()", CUT,
     [(gans.points, "item"), (codes.autoencoder, "item")]),
    ("the optimizer holds the other player's weights",
     UNMOVED + " moves_out_of_turn optimizer_of_both",
     [(scripts.dcgan, "netD for both"), (scripts.gan, "generator's weights for both"),
      (gans.holder, "wrong optimizer")]),
    ("one optimizer holds both", "optimizer_of_both moves_out_of_turn",
     [(scripts.wgan_gp, "all parameters"), (gans.acgan, "chain")]),
    ("a network made again after its optimizer", UNMOVED,
     [(scripts.dcgan, "netG made again"), (gans.points, "made again")]),
    ("some layers in no optimizer", UNMOVED,
     [(scripts.vae, "decoder's layers alone"), (gans.holder, "last layer"),
      (codes.autoencoder, "decoder alone")]),
    ("layers in a Python list", UNMOVED + " unregistered_layers",
     [(gans.two_class, "python list"), (codes.autoencoder, "python list")]),
    ("gradients never zeroed", "gradients_pile_up",
     [(scripts.gan, "zero_grad forgotten"), (codes.dict_vae, "never zeroed"),
      (gans.two_class, "never zeroed"), (scripts.dcgan, "G never zeroed"),
      (gans.holder, "gen never zeroed")]),
    ("gradients zeroed before the step", "never_moves",
     [(scripts.vae, "zero_grad too late"), (gans.holder, "zeroed before the step")]),
    ("no step", "never_moves",
     [(gans.holder, "gen never steps"), (gans.clip, "netG never steps"),
      (gans.conditional, "G never steps"), (codes.cut_vae, "no step")]),
    ("the counter of n_critic never fits", "never_moves", [(scripts.wgan_gp, "counter")]),
    ("gradients clipped to nothing", "never_moves no_gradient",
     [(gans.hub, "clipped to nothing")]),
    ("the schedule kills the rate", UNMOVED + " learning_rate_gone",
     [(scripts.vae, "scheduler"), (codes.autoencoder, "scheduler")]),
    ("a rate of 1e-12", UNMOVED + " learning_rate_gone", [(gans.points, "tiny rate")]),
    ("a rate far too large", "saturated_outputs not_finite generator_collapsed",
     [(scripts.gan, "huge rate"), (codes.dict_vae, "huge rate")]),
    ("frozen and never thawed", CUT,
     [(scripts.wgan_gp, "frozen"), (gans.projection, "frozen")]),
    ("data in [0, 1] for a tanh", "range_mismatch",
     [(scripts.dcgan, "no Normalize"), (gans.style, "zero to one"), (gans.hub, "zero to one"),
      (codes.hub_vae, "zero to one")]),
    ("a sigmoid for data in [-1, 1]", "range_mismatch",
     [(scripts.dcgan, "sigmoid at the end"), (gans.pix2pix, "sigmoid at the end"),
      (codes.autoencoder, "sigmoid at the end"), (scripts.vae, "Normalize left in")]),
    ("data as bytes", "range_mismatch",
     [(scripts.dcgan, "bytes"), (scripts.wgan_gp, "bytes"), (codes.normal_vae, "bytes")]),
    ("standardised data for a tanh", "range_mismatch",
     [(scripts.gan, "MNIST's mean and std"), (gans.projection, "MNIST's mean and std")]),
    ("data normalised twice", "range_mismatch",
     [(gans.holder, "twice normalised"), (gans.style, "twice normalised"),
      (gans.pix2pix, "twice normalised")]),
    ("the same noise at every step", NOISE,
     [(scripts.dcgan, "fixed_noise"), (gans.holder, "same latents"), (gans.hub, "same noise")]),
    ("one noise vector for all", NOISE + " generator_collapsed", [(gans.holder, "one latent")]),
    ("a seed set in the loop", NOISE,
     [(scripts.gan, "seed in the loop"), (gans.clip, "manual_seed")]),
    ("a small bank of noise", NOISE,
     [(gans.acgan, "bank"), (gans.conditional, "old bank"), (gans.projection, "bank")]),
    ("noise far too small", "generator_collapsed", [(scripts.dcgan, "tiny noise")]),
    ("eval() and never train()", "batch_norm_never_updated statistics_never_update",
     [(scripts.dcgan, "eval"), (codes.autoencoder, "eval"), (codes.dict_vae, "eval")]),
    ("a batch-norm momentum near 0", "batch_norm_never_updated statistics_never_update",
     [(scripts.gan, "momentum"), (codes.dict_vae, "momentum")]),
    ("the KL weighs too much", "posterior_collapse",
     [(scripts.vae, "heavy KLD"), (codes.normal_vae, "beta 300"), (codes.hub_vae, "heavy kl")]),
    ("a mean where the formula sums", "posterior_collapse",
     [(scripts.vae, "mean for sum"), (codes.dict_vae, "mean for sum")]),
    ("the KL's sign", "not_finite kl_runs_away",
     [(scripts.vae, "sign of KLD"), (codes.cut_vae, "minus kl")]),
    ("the encoder is cut off", "gradient_does_not_reach posterior_collapse",
     [(scripts.vae, "no_grad in reparameterize"), (codes.normal_vae, "sample for rsample")]),
    ("the decoder never sees the code", "gradient_does_not_reach posterior_collapse",
     [(scripts.vae, "eps alone"), (codes.dict_vae, "zeros for z"),
      (codes.cut_vae, "randn for z")]),
    ("a target of the wrong shape or order", "reconstructs_the_mean posterior_collapse dead_code",
     [(codes.cut_vae, "broadcast"), (codes.autoencoder, "broadcast"),
      (codes.autoencoder, "shuffled target")]),
    ("NaN in the data", "not_finite", [(gans.points, "nan"), (codes.dict_vae, "nan")]),
    ("one item again and again in the data", "constant_data",
     [(scripts.dcgan, "one item"), (codes.autoencoder, "one item")]),
    ("one batch again and again", "same_batch",
     [(scripts.vae, "next(iter(loader))"), (scripts.gan, "next(iter(loader))"),
      (codes.autoencoder, "same batch")]),
    ("a softmax over one answer", "no_gradient never_moves constant_answers",
     [(gans.points, "softmax"), (gans.conditional, "softmax")]),
    ("the condition is dropped", "condition_ignored",
     [(gans.conditional, "label times 0"), (gans.projection, "label dropped")]),
    ("a critic far too strong, a saturating loss",
     "discriminator_won no_gradient saturated_outputs generator_collapsed",
     [(scripts.dcgan, "strong critic"), (scripts.gan, "strong critic")]),
    ("a penalty without create_graph", "penalty_without_gradient",
     [(scripts.wgan_gp, "no create_graph"), (gans.style, "no create_graph")]),
    ("an averaged twin that stands still", "never_moves",
     [(gans.style, "decay of 1"), (gans.holder, "twin stands")]),
]  # fmt: skip

LONG = {
    "holder": 400,
    "style": 600,
    "conditional": 600,
    "clip": 250,
    "odd_critics": 300,
    "hub": 250,
    "points": 800,
}
HEALTHY = [
    (scripts.dcgan, {}), (scripts.vae, {}), (scripts.gan, {}), (scripts.wgan_gp, {}),
    (scripts.dcgan, {"steps": 6}), (scripts.vae, {"steps": 5}), (scripts.gan, {"steps": 400}),
    (gans.holder, {}), (gans.holder, {"how": "old spectral"}), (gans.holder, {"how": "dropout"}),
    (gans.holder, {"how": "adamw"}), (gans.holder, {"how": "rmsprop"}),
    (gans.holder, {"how": "ema"}), (gans.holder, {"how": "few"}),
    (gans.holder, {"how": "tiny batch"}), (gans.holder, {"how": "uniform"}),
    (gans.holder, {"how": "clipped gradients"}), (gans.holder, {"how": "frozen in turn"}),
    (gans.holder, {"how": "cosine"}), (gans.holder, {"how": "layer norm", "steps": 120}),
    (gans.holder, {"steps": 60}), (gans.style, {"steps": 60}), (gans.conditional, {"steps": 60}),
    (gans.pix2pix, {}), (gans.pix2pix, {"how": "bce"}), (gans.pix2pix, {"how": "samples alone"}),
    (gans.style, {}), (gans.style, {"how": "accumulated gradients"}),
    (gans.points, {}), (gans.points, {"how": "moons"}), (gans.points, {"how": "standardised"}),
    (gans.points, {"how": "sgd"}), (gans.points, {"how": "smoothed"}),
    (gans.points, {"how": "relativistic"}), (gans.points, {"how": "full batch"}),
    (gans.points, {"steps": 4}), (gans.acgan, {}), (gans.acgan, {"how": "logits"}),
    (gans.conditional, {}), (gans.conditional, {"how": "noisy"}), (gans.projection, {}),
    (gans.clip, {}), (gans.clip, {"how": "adamw"}), (gans.two_class, {}), (gans.hub, {}),
    (gans.odd_critics, {}), (gans.odd_critics, {"how": "several sizes"}),
    (gans.odd_critics, {"how": "frozen features"}),
    (codes.normal_vae, {}), (codes.normal_vae, {"how": "points"}),
    (codes.normal_vae, {"how": "standardised"}), (codes.normal_vae, {"how": "spare latents"}),
    (codes.normal_vae, {"how": "sgd"}), (codes.dict_vae, {}), (codes.dict_vae, {"how": "warm-up"}),
    (codes.cut_vae, {}), (codes.cut_vae, {"how": "light"}), (codes.cut_vae, {"how": "free bits"}),
    (codes.autoencoder, {}), (codes.autoencoder, {"how": "dense"}),
    (codes.autoencoder, {"how": "denoising"}), (codes.hub_vae, {}),
]  # fmt: skip


def table() -> list[Case]:
    """All cases, the sick ones first."""
    cases = [
        Case(f"{build.__name__}: {sick}", partial(build, sick=sick), defect, tuple(meant.split()))
        for defect, meant, planted in SICK
        for build, sick in planted
    ]
    for build, how in HEALTHY:
        name = build.__name__
        told = " ".join(f"{how[k]} steps" if k == "steps" else how[k] for k in how)
        how = {"steps": LONG[name]} | how if name in LONG else how
        cases.append(Case(f"{name}: {told}" if told else name, partial(build, **how)))
    return cases
