"""The README's film: a training of the first lesson's model, from noise to digits: `make film`.

python tools/make_film.py [--steps 2000] [--seed 0]

Two pictures are written to book/figures: training.png, an animated PNG that plays twice and stops,
and training_still.png, its last frame, for readers who asked their system for less motion. Both
carry the mark that a machine made them. About a minute and a half of one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

from aigc_teach import data, train
from aigc_teach.data.marked import png_info
from aigc_teach.models import DCGAN

ROOT = Path(__file__).resolve().parents[1]
FILM = ROOT / "book" / "figures" / "training.png"
STILL = FILM.with_name("training_still.png")
FRAMES = 50
SCALE, GAP, FOOT = 2, 6, 26  # pixels
SHORT, LONG = 110, 2500  # milliseconds: a frame, and the last one
PLAYS = 2  # then it stops: what moves for ever distracts
BACK, INK, BAR = 255, 60, 40  # grey values


def trained(steps: int, seed: int) -> train.Snapshots:
    """Train as the first lesson does; return the snapshots."""
    torch.manual_seed(seed)
    digits = data.digits("train")
    model = DCGAN(latent_size=64, width=16, n_classes=10)
    batches = data.Batches(digits.x, digits.labels, batch_size=64, seed=seed)
    config = train.TrainConfig(steps=steps, lr=2e-3, betas=(0.0, 0.99), schedule="cosine_tail")
    average = train.EMA(0.995)
    film = train.Snapshots(
        every=max(1, steps // FRAMES), n=10, condition=torch.arange(10), of=average
    )
    train.fit(model, batches, config, callbacks=[average, film, train.Progress()])
    return film


def drawn(x: torch.Tensor, step: int, steps: int) -> Image.Image:
    """Draw ten digits [10, 1, 28, 28] side by side, with the step and a bar below."""
    side = 28 * SCALE
    sheet = Image.new("L", (10 * (side + GAP) + GAP, side + 2 * GAP + FOOT), BACK)
    for k, digit in enumerate(((x[:, 0] + 1) * 127.5).clamp(0, 255).byte().numpy()):
        sheet.paste(
            Image.fromarray(digit).resize((side, side), Image.Resampling.NEAREST),
            (GAP + k * (side + GAP), GAP),
        )
    draw, top = ImageDraw.Draw(sheet), side + 2 * GAP
    text = f"step {step} of {steps}"
    draw.text((GAP, top), text, fill=INK, font=ImageFont.load_default(size=16))
    left, right = GAP + 180, sheet.width - GAP
    draw.rectangle((left, top + 5, right, top + 15), outline=INK)
    draw.rectangle((left, top + 5, left + (right - left) * step // steps, top + 15), fill=BAR)
    return sheet


def main(arguments: list[str] | None = None) -> None:
    """Train, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    film = trained(asked.steps, asked.seed)
    frames = [drawn(x, step, asked.steps) for step, x in zip(film.steps, film.frames, strict=True)]
    mark = png_info("DCGAN", asked.seed)
    FILM.parent.mkdir(exist_ok=True)
    frames[0].save(
        FILM,
        save_all=True,
        append_images=frames[1:],
        duration=[SHORT] * (len(frames) - 1) + [LONG],
        loop=PLAYS,
        pnginfo=mark,
    )
    frames[-1].save(STILL, pnginfo=mark)
    print(f"{FILM}: {len(frames)} frames, {FILM.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
