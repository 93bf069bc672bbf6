"""Notebooks that stop at a name: an import that is missing, a look-up that comes late."""

from __future__ import annotations

import importlib.util

import torch

from ..common.case import Hypothesis
from .case import CrashCase, cell, ending
from .cells import run_cells

# ------------------------------------------------------------------ colleague

BCE = cell("""
    def generator_loss(answers):
        return F.binary_cross_entropy_with_logits(answers, torch.ones_like(answers))
""")
COLLEAGUE = (
    cell("""
        import torch
        from torch import nn
    """),
    "critic = nn.Linear(784, 1)",
    BCE,
    cell("""
        fakes = torch.randn(16, 784)
        loss = generator_loss(critic(fakes))
    """),
)


def _installed(case: CrashCase) -> str:
    found = importlib.util.find_spec("torch.nn.functional") is not None
    return (
        f"The module torch.nn.functional is {'there' if found else 'missing'} (torch "
        f"{torch.__version__.split('+')[0]}). A package that is not installed stops at the import, "
        "with ModuleNotFoundError."
    )


def _where_defined(case: CrashCase) -> str:
    before = run_cells(case.cells[:3])
    return (
        f"Cells 1 to 3 alone: {ending(before)}. Defining the function raised nothing; calling it "
        f"in cell 4 did."
    )


def _imported(case: CrashCase) -> str:
    with_import = "from torch import nn\nimport torch.nn.functional as F"
    better = case.again({"from torch import nn": with_import})
    missing = ", ".join(f"{name} (cell {number})" for name, number in case.undefined().items())
    return (
        f"Used, and defined in no cell: {missing}. With one more line in cell 1 {ending(better)}."
    )


colleague = CrashCase(
    name="colleague",
    complaint="Three cells run. The fourth stops with NameError: name 'F' is not defined, although "
    "there is no F in the fourth cell.",
    cells=COLLEAGUE,
    mended_cells=(COLLEAGUE[0] + "\nimport torch.nn.functional as F", *COLLEAGUE[1:]),
    hypotheses={
        "installed": Hypothesis(
            "The package is not installed on this machine.",
            _installed,
            "The package is there. What is not installed fails where it is imported, not where it "
            "is used.",
        ),
        "cell": Hypothesis(
            "Cell 3 was not run, so the function is not there.",
            _where_defined,
            "The function is there; without it the message would name the function.",
        ),
        "import": Hypothesis(
            "A short name is used that no line ever gave to anything.",
            _imported,
            "The name was to come from an import that is missing. A function's body is looked at "
            "when it is called, so the cell that defines it says nothing.",
        ),
    },
    truth="import",
    error="NameError",
    made=1,
)

# ------------------------------------------------------------------ after_an_epoch

EPOCH = (
    cell("""
        import torch
        from torch import nn
    """),
    cell("""
        BATCHES = 200
        pictures = torch.rand(BATCHES * 32, 196)
        net = nn.Sequential(nn.Linear(196, 32), nn.ReLU(), nn.Linear(32, 196))
        optimizer = torch.optim.Adam(net.parameters())
        done = 0
    """),
    cell("""
        def step(batch):
            loss = ((net(batch) - batch) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.item()
    """),
    cell("""
        for epoch in range(2):
            for batch in pictures.split(32):
                last = step(batch)
                done += 1
            show(net, epoch)
    """),
)


def _lost_on_the_way(case: CrashCase) -> str:
    before = run_cells(case.cells[:3])
    after = case.run()
    return (
        f"Before the training `show` is {'known' if 'show' in before.names else 'not known'}; "
        f"{after.names['done']} batches later it is "
        f"{'known' if 'show' in after.names else 'not known'}."
    )


def _last_batch(case: CrashCase) -> str:
    sizes = {len(batch) for batch in case.run().names["pictures"].split(32)}
    fewer = case.again({"BATCHES = 200": "BATCHES = 399"})
    return f"All batches hold {sizes.pop()} pictures. With one batch less {ending(fewer)}."


def _reached_late(case: CrashCase) -> str:
    short, long = case.again({"BATCHES = 200": "BATCHES = 2"}), case.run()
    return (
        f"With 2 batches an epoch the same error comes after {short.names['done']} batches and "
        f"{short.seconds:.2f} s, with 200 after {long.names['done']} and {long.seconds:.2f} s."
    )


after_an_epoch = CrashCase(
    name="after_an_epoch",
    complaint="It trains for a whole epoch, and then stops: NameError: name 'show' is not defined. "
    "The first 200 batches went well.",
    cells=EPOCH,
    mended_cells=(*EPOCH[:2], EPOCH[2] + "\n\n\ndef show(net, epoch):\n    pass", EPOCH[3]),
    hypotheses={
        "lost": Hypothesis(
            "The name was there and got lost during the epoch.",
            _lost_on_the_way,
            "It was never there. 200 good batches prove nothing about a line that comes after.",
        ),
        "batch": Hypothesis(
            "The last batch is different from the others.",
            _last_batch,
            "All batches are alike, and leaving one out changes nothing.",
        ),
        "late": Hypothesis(
            "The line that stops was never reached before.",
            _reached_late,
            "A name is looked up when its line is run, no earlier. What an epoch hides, two "
            "batches show.",
        ),
    },
    truth="late",
    error="NameError",
    made=3,
)

CASES = {c.name: c for c in (colleague, after_an_epoch)}
