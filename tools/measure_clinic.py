"""How well does the diagnosis do? `make clinic`: every case and healthy trainings, three seeds.

Writes one row a training beside the lesson's module: what `train.diagnose` should find
(the defect planted on purpose) and what it found, given history, model, batch and optimizers.
Minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from aigc_teach import data, models, train  # noqa: E402
from aigc_teach.core import Labelled, choose_machine, make_generator  # noqa: E402
from aigc_teach.core.measured import write_measured  # noqa: E402
from aigc_teach.course import clinic  # noqa: E402
from aigc_teach.course.clinic import GanPlan, VaePlan  # noqa: E402
from aigc_teach.course.clinic.it_is_judged_wrongly import diagnoses  # noqa: E402

SEEDS = (0, 1, 2)
FOR_GANS = {"lr": 2e-3, "betas": (0.0, 0.99)}
STEPS = 400  # of a case


def digits(labelled: bool) -> tuple:
    """Training digits as a model takes them."""
    found = data.digits("train")
    return (found.x, found.labels) if labelled else (found.x, None)


def ring(labelled: bool) -> tuple:
    """Eight blobs on a ring in the plane."""
    return data.toy2d("ring", 4000, generator=make_generator(100)), None


HEALTHY: dict[str, tuple[Callable, Callable, dict]] = {  # model, data, settings
    "VAE, dense": (lambda: models.VAE(latent_size=20, hidden=(256,)), digits, {"steps": 600}),
    "VAE, latent plane": (lambda: models.VAE(latent_size=2, hidden=(256,)), digits, {"steps": 600}),
    "VAE, convolutional": (lambda: models.ConvVAE(latent_size=16), digits, {"steps": 300}),
    "VAE, conv, labels": (
        lambda: models.ConvVAE(latent_size=16, n_classes=10),
        digits,
        {"steps": 300},
    ),
    "VAE, points": (
        lambda: models.VAE((2,), latent_size=2, hidden=(64,), likelihood="gaussian", sigma=0.1),
        ring,
        {"steps": 800},
    ),
    "autoencoder": (lambda: models.Autoencoder(latent_size=16), digits, {"steps": 400}),
    "GAN, points": (
        lambda: models.GAN((2,), latent_size=2, hidden=(64, 64)),
        ring,
        {"steps": 1500, "lr": 1e-3, "betas": (0.5, 0.99)},
    ),
    "WGAN-GP, points": (
        lambda: models.GAN(
            (2,),
            latent_size=2,
            hidden=(64, 64),
            loss="wasserstein",
            penalty="gradient",
            penalty_weight=0.1,
        ),
        ring,
        {
            "steps": 500,
            "lr": 1e-3,
            "betas": (0.5, 0.99),
            "turns": ("critic",) * 5 + ("generator",),
        },
    ),
    "GAN, R1, points": (
        lambda: models.GAN((2,), latent_size=2, hidden=(64, 64), penalty="r1", penalty_weight=0.1),
        ring,
        {"steps": 1500, "lr": 1e-3, "betas": (0.5, 0.99)},
    ),
    "DCGAN": (lambda: models.DCGAN(width=16), digits, {"steps": 300} | FOR_GANS),
    "DCGAN, labels": (
        lambda: models.DCGAN(width=16, n_classes=10),
        digits,
        {"steps": 300} | FOR_GANS,
    ),
    "DCGAN, hinge, spectral": (
        lambda: models.DCGAN(width=16, loss="hinge", spectral_norm=True),
        digits,
        {"steps": 300} | FOR_GANS,
    ),
    "GAN, dense": (
        lambda: models.GAN(latent_size=64, hidden=(256, 512)),
        digits,
        {"steps": 1500, "lr": 1e-3, "betas": (0.5, 0.99)},
    ),
}


def healthy(name: str, seed: int) -> train.Diagnosis:
    """Train one of :data:`HEALTHY` and look at it."""
    make, source, settings = HEALTHY[name]
    torch.manual_seed(seed)
    model = make()
    x, labels = source(bool(getattr(model, "n_classes", 0)))
    batches = data.Batches(x, labels, batch_size=128, seed=seed)
    config = train.TrainConfig(**settings, seed=seed)
    run = train.fit(model, batches, config, machine=choose_machine("cpu", precision="float32"))
    batch = x[:256] if labels is None else Labelled(x[:256], labels[:256])
    return train.diagnose(run, batch=batch)


def of_plan(plan: GanPlan | VaePlan, seed: int) -> train.Diagnosis:
    """Train one of the clinic's plans and look at it."""
    pixels = (data.digits("train").x + 1) / 2
    training = clinic.train_plan(plan, pixels, steps=STEPS, seed=seed)
    return train.diagnose(
        training.history, training.model, training.batch, optimizers=training.optimizers
    )


def trainings(seed: int) -> Iterator[tuple[str, str, tuple[str, ...], Callable]]:
    """Kind, name, what should be found, and how to train it: all of them, for one seed."""
    for name in HEALTHY:
        yield "healthy", name, (), lambda name=name: healthy(name, seed)
    plans = {"clinic's GAN": GanPlan(), "clinic's VAE": VaePlan()}
    for name, plan in plans.items():
        yield "healthy", name, (), lambda plan=plan: of_plan(plan, seed)
    for name, case in diagnoses.all_cases().items():
        yield "case", name, case.symptoms, lambda case=case: of_plan(case.faulty, seed)
    for name, (plan, symptoms) in diagnoses.PLANTED.items():
        yield "case", name, symptoms, lambda plan=plan: of_plan(plan, seed)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    rows = []
    for seed in parser.parse_args().seeds:
        for kind, name, meant, look in trainings(seed):
            diagnosis = look()
            row = {"kind": kind, "name": name, "seed": seed, "meant": list(meant)}
            rows.append(row | {"found": list(diagnosis.findings)})
            print(f"{kind} {name}, seed {seed}: {', '.join(rows[-1]['found']) or 'nothing'}")
    facts = {
        "date": date.today().isoformat(),
        "command": "make clinic",
        "torch": torch.__version__,
        "steps": STEPS,
    }
    write_measured(diagnoses.PATH, {"facts": facts}, rows)
    return 0


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
