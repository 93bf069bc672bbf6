"""The terminal's five commands: ``aigc-teach doctor | train | sample | status | progress``.

Each command imports what it needs when it runs, so ``--help`` is instant and ``doctor``
works where torch does not.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

# What each model needs to become presentable: its sizes, and how to train it.
RECIPES = {
    "vae": ("VAE", {"latent_size": 16}, {"steps": 3000, "lr": 1e-3}),
    "conv_vae": ("ConvVAE", {"latent_size": 16}, {"steps": 2000, "lr": 2e-3}),
    "gan": ("GAN", {}, {"steps": 6000, "lr": 2e-4, "betas": (0.5, 0.999)}),
    "dcgan": ("DCGAN", {"n_classes": 10}, {"steps": 2000, "lr": 2e-3, "betas": (0.0, 0.99)}),
}


LARGEST_PICTURE = 1000  # samples in one picture
MOST_STEPS = 10_000_000  # weeks


def main(arguments: list[str] | None = None) -> int:
    """Run one command: 0 if it did what was asked, 2 with a sentence where it cannot.

    1 where `doctor` or `status` found something broken, 130 where Ctrl-C stopped it.
    """
    options = make_parser().parse_args(arguments)
    if options.command is None:
        make_parser().print_help()
        return 0
    if options.command == "doctor":
        from .doctor import doctor

        return doctor()
    try:
        from .core import AigcError
    except ImportError as error:
        print(f"torch cannot be loaded ({error}). Ask: aigc-teach doctor", file=sys.stderr)
        return 1
    try:
        return {
            "train": train_command,
            "sample": sample_command,
            "status": status_command,
            "progress": progress_command,
        }[options.command](options)
    except (AigcError, OSError) as error:
        print(f"aigc-teach {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"aigc-teach {options.command}: stopped.", file=sys.stderr)
        return 130


class Parser(argparse.ArgumentParser):
    """A parser whose complaints stay readable whatever it was given."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, at most a few lines of it, and end with exit code 2."""
        super().error(message if len(message) < 500 else message[:500] + " ...")


def make_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    from . import __version__

    parser = Parser(prog="aigc-teach", description="Generative models, hands on.")
    parser.add_argument("--version", action="version", version=f"aigc-teach {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("doctor", help="say whether this machine can run the course")

    train = commands.add_parser("train", help="train a model on the digits")
    train.add_argument("model", choices=list(RECIPES))
    train.add_argument("--steps", type=count(MOST_STEPS), help="default: the model's recipe")
    train.add_argument("--batch-size", type=count(100_000), default=128)
    train.add_argument("--seed", type=natural, default=0)
    train.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    train.add_argument("--out", type=picture, default=Path("samples.png"), help="picture of 16")
    train.add_argument("--save", type=name_of_file, help="keep the training in this file")
    train.add_argument("--resume", type=name_of_file, help="go on with a kept training")

    sample = commands.add_parser(
        "sample", help="draw from a model that comes trained; a language model writes here"
    )
    sample.add_argument("name", help="a name that `aigc-teach status` lists")
    sample.add_argument("--n", type=count(LARGEST_PICTURE), default=16)
    sample.add_argument("--digit", type=int, choices=range(10), help="only this digit, if it can")
    sample.add_argument("--seed", type=natural, default=0)
    sample.add_argument("--out", type=picture, default=Path("samples.png"))

    commands.add_parser("status", help="what is here: data and trained weights")

    progress = commands.add_parser("progress", help="what you passed, what is next, what to repeat")
    progress.add_argument("--path", help="along a learning path: afternoon, week or term")
    progress.add_argument("--for", dest="audience", help="its swaps: engineers, artists, teachers")
    progress.add_argument("--all", action="store_true", help="list every exercise and question")
    progress.add_argument("--save", metavar="FILE", help="copy your progress there, to hand it in")
    progress.add_argument("--class", dest="group", metavar="FOLDER", help="files handed in, read")
    progress.add_argument("--forget", action="store_true", help="say what is kept, and delete it")
    return parser


def count(at_most: int) -> Callable[[str], int]:
    """What argparse asks for a whole number from 1 to `at_most`."""

    def read(text: str) -> int:
        if natural(text) not in range(1, at_most + 1):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 to {at_most}")
        return int(text)

    return read


def natural(text: str) -> int:
    """A whole number from 0 on, for argparse."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r:.50} is not a whole number from 0 on")
    if len(text) > 30:
        raise argparse.ArgumentTypeError(f"a number of {len(text)} digits is too large")
    return int(text)


def name_of_file(text: str) -> Path:
    """A path, for argparse; an empty one would be the folder itself."""
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} names no file")
    return Path(text)


def picture(text: str) -> Path:
    """The path of a picture, for argparse."""
    path = name_of_file(text)
    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise argparse.ArgumentTypeError(f"{text!r} must end in .png, .svg or .pdf")
    return path


def check_picture(path: Path) -> None:
    """Find out, before any work is done, whether a picture can be written to `path`.

    Raises
    ------
    FileWriteError
        With the reason in a sentence.
    """
    from .core import FileWriteError
    from .core.files import place_of, write_error

    try:
        target = place_of(path)  # links followed; a folder or a pipe there is refused
        if target.exists():
            target.open("r+b").close()
        else:
            target.touch()
            target.unlink()
    except FileWriteError:
        raise
    except OSError as error:
        raise write_error(path, error) from None


def train_command(options: argparse.Namespace) -> int:
    """Train a model by its recipe and draw 16 samples from its running average."""
    import torch

    from . import data, models, train
    from .core import check_seed, choose_machine, make_generator

    check_seed("seed", options.seed)
    check_picture(options.out)
    check_kept(options)
    kind, sizes, recipe = RECIPES[options.model]
    recipe = recipe | ({"steps": options.steps} if options.steps else {})
    config = train.TrainConfig(seed=options.seed, **recipe)
    machine = choose_machine(options.device)
    torch.manual_seed(options.seed)  # the first weights
    model = getattr(models, kind)(**sizes)
    digits = data.digits("train")
    labels = digits.labels if sizes.get("n_classes") else None
    batches = data.Batches(digits.x, labels, batch_size=options.batch_size, seed=options.seed)
    average = train.EMA(0.995)
    callbacks = [train.Progress(), average]
    callbacks += [train.Checkpoint(options.save)] if options.save else []
    print(machine.why)
    run = train.fit(
        model, batches, config, callbacks=callbacks, resume=options.resume, machine=machine
    )
    generator = make_generator(options.seed, machine.device)
    condition = None if labels is None else torch.arange(16, device=machine.device) % 10
    images = average.model.sample(16, condition=condition, generator=generator)
    print(f"{run.step} steps in {run.seconds:.0f} s.")
    title = f"{kind} after {run.step} steps"
    return save_picture(images, options.out, title, model=kind, seed=options.seed)


def check_kept(options: argparse.Namespace) -> None:
    """Refuse a kept training that is a pipe or the picture itself, before either is opened."""
    from .core import AigcError, check_writable
    from .core.outside import check_ordinary

    for option in ("save", "resume"):
        path = getattr(options, option)
        if path is not None:
            check_ordinary(path)
            if path.resolve() == options.out.resolve():
                raise AigcError(f"--out and --{option} name the same file, {str(path)!r}.")
    if options.save is not None and options.save.parent.is_dir():  # else it is made later
        check_writable(options.save)


def sample_command(options: argparse.Namespace) -> int:
    """Draw samples from a model of the zoo."""
    import torch

    from . import zoo
    from .core import AigcError, GenerativeModel, check_choice, make_generator

    generator = make_generator(options.seed)
    check_picture(options.out)
    check_choice("name", options.name, zoo.names())
    model = zoo.load(options.name)
    if not isinstance(model, GenerativeModel):
        raise AigcError(f"{options.name!r} looks at images; it does not make any from nothing.")
    condition = None
    if options.digit is not None:
        condition = torch.full((options.n,), options.digit)
    made = model.sample(options.n, condition=condition, generator=generator)
    if not made.is_floating_point():  # tokens of a language model: they are to be read
        signs = zoo.tokenizer(options.name)
        for row in made.tolist():
            say(signs.decode(row).strip() + "\n")
        return 0
    title = f"{options.n} samples of {options.name}"
    return save_picture(made, options.out, title, model=options.name, seed=options.seed)


def save_picture(images, path: Path, title: str, *, model: str, seed: int) -> int:
    """Write a grid of images ``[N, C, H, W]`` to `path`, with a mark that `model` made them.

    In a PNG `data.synthetic_mark` finds it; in SVG and PDF it stands in the description.
    """
    from . import viz
    from .data.marked import MADE_BY, png_info

    figure = viz.image_grid(images.cpu(), columns=math.ceil(math.sqrt(len(images))), title=title)
    words = f"synthetic: {MADE_BY}, model {model}, seed {seed}"
    mark = {
        ".png": {"pil_kwargs": {"pnginfo": png_info(model, seed)}},
        ".svg": {"metadata": {"Description": words}},
        ".pdf": {"metadata": {"Subject": words}},
    }
    figure.savefig(path, **mark[path.suffix.lower()])
    say(f"{title}: {path}")
    return 0


def say(text: str) -> None:
    r"""Print; what the terminal cannot write, such as half a character in a file's name, is coded.

    >>> say("samples: \udcff.png")
    samples: \udcff.png
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def status_command(options: argparse.Namespace) -> int:
    """Say what comes with the package."""
    from . import __version__, data, zoo

    print(f"aigc-teach {__version__}")
    print(f"data:    {len(data.digits('all').x):,} real digits; toy sets: "
          f"{', '.join(data.toy2d_names())}")  # fmt: skip
    problems = zoo.verify()
    print(f"weights: {', '.join(zoo.names())}")
    for problem in problems:
        print(f"         {problem}")
    print("lessons: `aigc-teach progress` says what you have passed and what comes next")
    return int(bool(problems))


def progress_command(options: argparse.Namespace) -> int:
    """Say what the learner has passed, what is next and what to repeat; or delete the record."""
    import contextlib
    import io

    from . import lab
    from .core import AigcError
    from .lab.group import class_progress, save_progress
    from .lab.record import forget_file

    alone = {"--forget": options.forget, "--save": options.save, "--class": options.group}
    given = [name for name, value in alone.items() if value]
    if given and (len(given) > 1 or options.path or options.audience or options.all):
        raise AigcError(f"{given[0]} stands alone: give it without another option.")
    words = io.StringIO()
    try:
        with contextlib.redirect_stdout(words):
            if options.forget:
                forget_file()
            elif options.save:
                save_progress(options.save)
            elif options.group:
                class_progress(options.group)
            else:
                lab.progress(options.path, options.audience, every=options.all)
    finally:
        say(words.getvalue().rstrip("\n"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
