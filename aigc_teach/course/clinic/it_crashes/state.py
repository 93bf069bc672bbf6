"""Notebooks whose kernel knows more, or something else, than their cells say."""

from __future__ import annotations

import difflib

import torch

from ..common.case import Hypothesis
from .case import CrashCase, cell, ending
from .cells import run_cells, undefined_names

# ------------------------------------------------------------------ works_for_me

SCALED = cell("""
    def scaled(pixels):
        return pixels / 127.5 - 1
""")
WORKS = (
    cell("""
        import torch
        from torch import nn
    """),
    cell("""
        photos = torch.randint(0, 256, (64, 1, 28, 28)).float()
        critic = nn.Sequential(nn.Flatten(), nn.Linear(784, 1))
    """),
    "real = scaled(photos)",
    "answers = critic(real)",
)


def _nearest_names(case: CrashCase) -> str:
    seen = [k for k in case.run().names if not k.startswith("__")]
    near = difflib.get_close_matches("scaled", seen, cutoff=0.7)
    return f"{len(seen)} names exist when it stops: {', '.join(seen)}; {len(near)} are like it."


def _in_torch(case: CrashCase) -> str:
    places = [torch, torch.nn, torch.nn.functional]
    count = sum(hasattr(place, "scaled") for place in places)
    return f"Of torch, torch.nn and torch.nn.functional, {count} of {len(places)} have the name."


def _in_order(case: CrashCase) -> str:
    total = len(case.cells)
    reverse = undefined_names(case.cells, [1, 2, 4, 3])
    return (
        f"None of the {total} cells defines it: in any order it is missing "
        f"(with cell 4 before cell 3: {', '.join(reverse)})."
    )


def _authors_kernel(case: CrashCase) -> str:
    author, fresh = case.run("author"), case.run()
    return (
        f"In the author's kernel {ending(author)}; in a fresh one it stopped in cell "
        f"{fresh.cell}. The author's kernel knows a function `scaled`, and 0 of the "
        f"{len(case.cells)} cells in the file define it."
    )


works_for_me = CrashCase(
    name="works_for_me",
    complaint="The file shows a result under every cell. You download it, choose Restart and Run "
    "All, and cell 3 stops: NameError: name 'scaled' is not defined.",
    cells=WORKS,
    mended_cells=(WORKS[0], SCALED, *WORKS[1:]),
    hypotheses={
        "spelling": Hypothesis(
            "A name is misspelled in cell 3.",
            _nearest_names,
            "No name that exists looks like it. Nothing was misspelled.",
        ),
        "library": Hypothesis(
            "The author had another version of torch, where that function exists.",
            _in_torch,
            "Even where a library has a function, it would have to be imported by its bare name; "
            "no cell does that.",
        ),
        "order": Hypothesis(
            "The cells were meant to be run in another order.",
            _in_order,
            "An order can only help if some cell holds the definition. None does.",
        ),
        "deleted": Hypothesis(
            "The author's kernel knows something that the file does not hold.",
            _authors_kernel,
            "A cell was run and then deleted. Its names stay in the kernel until it is "
            "restarted, so the author cannot see what is missing.",
        ),
    },
    truth="deleted",
    error="NameError",
    made=0,
    hidden=(SCALED,),
)

# ------------------------------------------------------------------ same_number

WIDTH = (
    cell("""
        import torch
        from torch import nn
        x = torch.linspace(-3, 3, 256)[:, None]
        y = torch.sin(2 * x)
    """),
    "hidden = 2",
    "net = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, 1))",
    cell("""
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        for _ in range(300):
            loss = ((net(x) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loss = loss.item()
    """),
    "hidden = 64",
)


def _width_is_useless(case: CrashCase) -> str:
    wide, narrow = case.run("mended"), run_cells(case.cells, (1, 2, 3, 4))
    return (
        f"From a fresh kernel, every cell once: loss {narrow.names['loss']:.3f} with 2 units, "
        f"{wide.names['loss']:.4f} with 64."
    )


def _more_steps(case: CrashCase) -> str:
    longer = run_cells(case.cells, (1, 2, 3, 4, 5, 4, 4, 4))
    return f"Two more runs of cell 4 bring the loss to {longer.names['loss']:.3f}."


def _which_net(case: CrashCase) -> str:
    names = case.run().names
    return (
        f"The variable `hidden` is {names['hidden']}; the network's first layer has "
        f"{names['net'][0].out_features} units."
    )


same_number = CrashCase(
    name="same_number",
    complaint="You change `hidden` from 2 to 64, run that cell, and run the training again. No "
    "error; the loss is hardly better. So 64 units are not worth it?",
    cells=WIDTH,
    mended_cells=WIDTH,
    hypotheses={
        "useless": Hypothesis(
            "Two units are enough for these data; more bring nothing.",
            _width_is_useless,
            "From a fresh kernel, 64 units make a far smaller loss. The conclusion was wrong.",
        ),
        "steps": Hypothesis(
            "300 steps are too few for 64 units.",
            _more_steps,
            "Three times as many steps do not reach what 64 units reach in 300.",
        ),
        "stale": Hypothesis(
            "What was trained is not what the cells say.",
            _which_net,
            "The cell that builds the network was not run again. The kernel trained the old one, "
            "and the file shows the new number beside it.",
        ),
    },
    truth="stale",
    error="",
    made=3,
    order=(1, 2, 3, 4, 5, 4),
    mended_order=(1, 5, 3, 4),
)

CASES = {c.name: c for c in (works_for_me, same_number)}
