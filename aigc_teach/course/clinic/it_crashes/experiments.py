"""Experiments on notebooks that crash: ``CrashCase -> str`` each, in the order of the cases.

Each runs the notebook, whole or with something replaced, and says what came out in one sentence.
"""

from __future__ import annotations

import difflib
import importlib.util

import torch

from ....nn import conv_transpose_size
from .case import CrashCase
from .notebook import Outcome, run_cells, undefined_names

# --- runs_for_the_author_only


def similar_names(case: CrashCase) -> str:
    """Names in the kernel that look like the missing one."""
    seen = [k for k in case.run().names if not k.startswith("__")]
    near = difflib.get_close_matches("scaled", seen, cutoff=0.7)
    return f"{len(seen)} names exist when it stops: {', '.join(seen)}; {len(near)} are like it."


def look_in_torch(case: CrashCase) -> str:
    """Whether torch has a function of this name."""
    places = [torch, torch.nn, torch.nn.functional]
    count = sum(hasattr(place, "scaled") for place in places)
    return f"Of torch, torch.nn and torch.nn.functional, {count} of {len(places)} have the name."


def try_another_order(case: CrashCase) -> str:
    """Whether another order of the cells would define the name."""
    total = len(case.cells)
    reverse = undefined_names(case.cells, [1, 2, 4, 3])
    return (
        f"None of the {total} cells defines it: in any order it is missing "
        f"(with cell 4 before cell 3: {', '.join(reverse)})."
    )


def run_in_authors_kernel(case: CrashCase) -> str:
    """The same cells in a kernel that still knows the deleted one."""
    author, fresh = case.run("author"), case.run()
    return (
        f"In the author's kernel {author.ending}; in a fresh one it stopped in cell "
        f"{fresh.cell}. The author's kernel knows a function `scaled`, and 0 of the "
        f"{len(case.cells)} cells in the file define it."
    )


# --- loss_unchanged_at_64_units


def loss_by_width(case: CrashCase) -> str:
    """The loss with few and with many units, each from a fresh kernel."""
    wide, narrow = case.run("mended"), run_cells(case.cells, (1, 2, 3, 4))
    return (
        f"From a fresh kernel, every cell once: loss {narrow.names['loss']:.3f} with 2 units, "
        f"{wide.names['loss']:.4f} with 64."
    )


def train_longer(case: CrashCase) -> str:
    """The training cell, run two more times."""
    longer = run_cells(case.cells, (1, 2, 3, 4, 5, 4, 4, 4))
    return f"Two more runs of cell 4 bring the loss to {longer.names['loss']:.3f}."


def width_of_network(case: CrashCase) -> str:
    """The width that the cell says, and the width that was trained."""
    names = case.run().names
    return (
        f"The variable `hidden` is {names['hidden']}; the network's first layer has "
        f"{names['net'][0].out_features} units."
    )


# --- name_not_in_this_cell


def look_for_package(case: CrashCase) -> str:
    """Whether the package is installed."""
    found = importlib.util.find_spec("torch.nn.functional") is not None
    return (
        f"The module torch.nn.functional is {'there' if found else 'missing'} (torch "
        f"{torch.__version__.split('+')[0]}). A package that is not installed stops at the import, "
        "with ModuleNotFoundError."
    )


def run_cells_above(case: CrashCase) -> str:
    """The cells above the one that stops, alone."""
    before = run_cells(case.cells[:3])
    return (
        f"Cells 1 to 3 alone: {before.ending}. Defining the function raised nothing; calling it "
        f"in cell 4 did."
    )


def add_import(case: CrashCase) -> str:
    """The notebook with the missing import."""
    with_import = "from torch import nn\nimport torch.nn.functional as F"
    better = case.run_with({"from torch import nn": with_import})
    missing = ", ".join(f"{name} (cell {number})" for name, number in case.undefined().items())
    return f"Used, and defined in no cell: {missing}. With one more line in cell 1 {better.ending}."


# --- stops_after_an_epoch


def name_before_and_after(case: CrashCase) -> str:
    """Whether the name was known before the training."""
    before = run_cells(case.cells[:3])
    after = case.run()
    return (
        f"Before the training `show` is {'known' if 'show' in before.names else 'not known'}; "
        f"{after.names['done']} batches later it is "
        f"{'known' if 'show' in after.names else 'not known'}."
    )


def without_last_batch(case: CrashCase) -> str:
    """Whether the last batch differs from the others."""
    sizes = {len(batch) for batch in case.run().names["pictures"].split(32)}
    many = case.run().names["done"]
    fewer = case.run_with({"BATCHES = 200": f"BATCHES = {many - 1}"})
    return (
        f"All batches hold {sizes.pop()} pictures. With one batch less, {fewer.names['done']} in "
        f"place of {many}, {fewer.ending}."
    )


def rehearse_with_two_batches(case: CrashCase) -> str:
    """The same error with two batches an epoch."""
    short, long = case.run_with({"BATCHES = 200": "BATCHES = 2"}), case.run()
    return (
        f"With 2 batches an epoch the same error comes after {short.names['done']} batches and "
        f"{short.seconds:.2f} s, with 200 after {long.names['done']} and {long.seconds:.2f} s."
    )


# --- expected_3d_or_4d


def noise_with_four_axes(case: CrashCase) -> str:
    """Noise in the shape of pictures."""
    other = case.run_with({"torch.randn(16, 100)": "torch.randn(16, 100, 1, 1)"})
    return f"With noise of shape [16, 100, 1, 1] {other.ending}."


def more_input_channels(case: CrashCase) -> str:
    """A convolution that takes as many channels as the message names."""
    other = case.run_with({"ConvTranspose2d(64,": "ConvTranspose2d(64 * 7 * 7,"})
    return f"With 3136 input channels in the first convolution {other.ending}."


def unflatten_instead(case: CrashCase) -> str:
    """The shape that arrives, and a layer that makes pictures of it."""
    layers = case.run().names["generator"][:3]
    reached = layers(case.run().names["noise"]).shape
    other = case.run_with({"nn.Flatten()": "nn.Unflatten(1, (64, 7, 7))"})
    return (
        f"The third layer hands on a shape of {len(reached)} axes, {list(reached)}; with a layer "
        f"that folds it into [16, 64, 7, 7] {other.ending}."
    )


# --- shapes_cannot_be_multiplied


def side_lengths(
    start: int, layers: int, kernel: int = 4, stride: int = 2, padding: int = 1
) -> list[int]:
    """Sides of a picture on its way through equal transposed convolutions, `start` first.

    >>> side_lengths(7, 3)
    [7, 14, 28, 56]
    """
    found = [start]
    for _ in range(layers):
        found.append(conv_transpose_size(found[-1], kernel, stride, padding))
    return found


def wider_critic(case: CrashCase) -> str:
    """A critic that takes what arrives."""
    other = case.run_with({"nn.Linear(28 * 28, 64)": "nn.Linear(3136, 64)"})
    return f"With a critic that takes 3136 numbers {other.ending}."


def run_generator_alone(case: CrashCase) -> str:
    """The generator without the critic, from the same noise."""
    names = case.run().names
    alone = case.run_with({"on_fakes = critic(fakes)": "pass"})
    return (
        f"The generator alone, from the same noise: {alone.ending}. Its first layer takes "
        f"{names['generator'][0].in_features} numbers, as many as the noise has."
    )


def sides_by_layer(case: CrashCase) -> str:
    """The size of the pictures, layer by layer."""
    shape = list(case.run().names["fakes"].shape)
    way = " to ".join(map(str, side_lengths(7, 3)))
    return f"The generator gives {shape}. Computed layer by layer, the side goes {way}."


# --- target_size_differs


def answer_for_each_pixel(case: CrashCase) -> str:
    """A critic with one answer for each pixel."""
    many = "nn.Linear(28 * 28, 784), nn.Unflatten(1, (1, 28, 28)))"
    other = case.run_with({"nn.Linear(28 * 28, 1))": many})
    count = sum(w.numel() for w in other.names["critic"].parameters())
    return f"With one answer for each pixel {other.ending}; it then has {count:,} weights for 785."


def squared_error_instead(case: CrashCase) -> str:
    """A loss that stretches shapes, with labels of two shapes."""
    old = "F.binary_cross_entropy_with_logits(critic(pictures), labels)"
    by_hand = {old: "((critic(pictures) - labels) ** 2).mean()"}
    rows = {case.cells[2]: "labels = torch.cat([torch.ones(40), torch.zeros(40)])"}
    columns = {case.cells[2]: "labels = torch.cat([torch.ones(40, 1), torch.zeros(40, 1)])"}
    loud = case.run_with(by_hand)
    silent, good = case.run_with(by_hand | rows), case.run_with(by_hand | columns)
    return (
        f"With a squared error written by hand {loud.ending}. With labels of shape [80] it "
        f"reaches its end, and real and fake answers lie {abs(silent.names['apart']):.3f} apart; "
        f"with labels of shape [80, 1] {good.names['apart']:.2f}."
    )


def compare_shapes(case: CrashCase) -> str:
    """Shapes of answers and labels, and labels that fit."""
    names = run_cells(case.cells[:3]).names
    mended = case.run("mended")
    return (
        f"{list(names['critic'](names['pictures']).shape)} answers, {list(names['labels'].shape)} "
        f"labels. With one label a picture {mended.ending}, and {mended.names['right']:.0%} of "
        "the verdicts are right."
    )


# --- empty_parameter_list


def parameters_as_a_list(case: CrashCase) -> str:
    """The parameters handed over as a list."""
    other = case.run_with({"Adam(net.parameters(),": "Adam(list(net.parameters()),"})
    return f"With list(net.parameters()) {other.ending}."


def forward_call_first(case: CrashCase) -> str:
    """One forward call before the optimizer is made."""
    other = case.run_with({"net = Net()": "net = Net()\nnet(x)"})
    return f"With one forward call before it {other.ending}."


def count_parameters(case: CrashCase) -> str:
    """How many numbers the layers hold, and how many are registered."""
    net, mended = case.run().names["net"], case.run("mended").names["net"]
    inside = sum(w.numel() for layer in net.layers for w in layer.parameters())
    return (
        f"The layers hold {inside} numbers; net.parameters() finds "
        f"{sum(w.numel() for w in net.parameters())} of them. In an nn.ModuleList it finds "
        f"{sum(w.numel() for w in mended.parameters())}."
    )


# --- loss_stops_too_high


def higher_learning_rate(case: CrashCase) -> str:
    """A higher learning rate."""
    plain, other = case.run(), case.run_with({"lr=0.005": "lr=0.02"})
    return (
        f"Loss {plain.names['loss']:.3f} as it is, {other.names['loss']:.3f} with four times the "
        f"learning rate."
    )


def hidden_gradients(case: CrashCase) -> str:
    """The gradients in the hidden layers."""
    layers = case.run().names["net"].layers
    sizes = [layer.weight.grad.norm().item() for layer in (layers[0], layers[2])]
    return f"The gradients in the two hidden layers have lengths {sizes[0]:.2f} and {sizes[1]:.2f}."


def hidden_layer_changes(outcome) -> list[float]:
    """The largest change of a weight in each hidden layer, after a run of these cells."""
    hidden = [layer for layer in outcome.names["net"].layers if hasattr(layer, "weight")]
    pairs = zip(hidden, outcome.names["before"], strict=True)
    return [(layer.weight - before).abs().max().item() for layer, before in pairs]


def hidden_weights_after_training(case: CrashCase) -> str:
    """How far the weights of the hidden layers moved."""
    faulty, mended = case.run(), case.run("mended")
    stored = len(faulty.names["net"].state_dict()), len(mended.names["net"].state_dict())
    return (
        "In 300 steps the weights of the hidden layers moved by "
        f"{max(hidden_layer_changes(faulty)):.1f}; in an nn.ModuleList by up to "
        f"{max(hidden_layer_changes(mended)):.2f}, and the loss is "
        f"{mended.names['loss']:.3f}, not {faulty.names['loss']:.3f}. state_dict() holds "
        f"{stored[0]} tensors, not {stored[1]}."
    )


# --- backward_a_second_time


def critic_weight_change(outcome: Outcome) -> float:
    """The largest change of a weight in the critic's first layer."""
    names = outcome.names
    return (names["critic"][0].weight - names["first"]).abs().max().item()


def retain_graph(case: CrashCase) -> str:
    """The cure that the message offers, and what it leaves behind."""
    old = "    loss.backward()\n    critic_optimizer"
    kept = case.run_with({old: old.replace("()", "(retain_graph=True)", 1)})
    left = "    critic_turn(real, fakes)\n"
    probe = left + "    left = generator[0].weight.grad.norm().item()\n"
    waste = case.run_with({old: old.replace("()", "(retain_graph=True)", 1), left: probe})
    return (
        f"With retain_graph=True {kept.ending}. After each critic's turn the generator then holds "
        f"a gradient that nobody uses, of length {waste.names['left']:.3f} at the last."
    )


def zero_both_gradients(case: CrashCase) -> str:
    """Both gradients set to zero."""
    old = "critic_optimizer.zero_grad()"
    other = case.run_with({old: f"{old}\n    generator_optimizer.zero_grad()"})
    return f"With both optimisers' gradients set to zero before {other.ending}."


def detach_fakes(case: CrashCase) -> str:
    """The generated data detached in the critic's turn."""
    other = case.run_with({"critic_turn(real, fakes)\n": "critic_turn(real, fakes.detach())\n"})
    return (
        f"With fakes.detach() in the critic's turn {other.ending}, after "
        f"{other.names['done']} steps; as it is, after {case.run().names['done']}."
    )


# --- stops_in_the_second_step


def without_detach(case: CrashCase) -> str:
    """The generated data not detached."""
    other = case.run_with({"fakes.detach()": "generator(torch.randn(64, 8))"})
    one = case.run_with(
        {"fakes.detach()": "generator(torch.randn(64, 8))", "range(100)": "range(1)"}
    )
    return (
        f"Without detach() {other.ending}. The critic's weights moved by "
        f"{critic_weight_change(one):.4f} in the first step, and after 100 steps they have moved "
        f"by {critic_weight_change(other):.4f}."
    )


def gradient_for_data(case: CrashCase) -> str:
    """Real data that require a gradient."""
    other = case.run_with({"torch.randn(64, 2) + 3": "(torch.randn(64, 2) + 3).requires_grad_()"})
    return (
        f"With real.requires_grad_() {other.ending}; after {other.names['done']} steps the "
        f"critic has moved by {critic_weight_change(other):.4f}."
    )


def trainable_critic_weights(case: CrashCase) -> str:
    """Which of the critic's weights may still be changed."""
    names = case.run().names
    weights = list(names["critic"].parameters())
    free, mended = sum(w.requires_grad for w in weights), case.run("mended")
    return (
        f"It stops in step {names['done'] + 1}. There, {free} of the critic's {len(weights)} "
        f"tensors of weights have requires_grad. Switched on again after each generator's turn, "
        f"{mended.ending}, and the critic moves by {critic_weight_change(mended):.4f}."
    )


# --- index_error_after_training


def sample_without_figure(case: CrashCase) -> str:
    """The pictures without the figure."""
    other = case.run_with({", places(pictures)": ", pictures"})
    return f"Without the figure {other.ending}: {len(other.names['shown'])} pictures are there."


def around_one_hundred(case: CrashCase) -> str:
    """As many pictures as places, and one more."""
    fits, over = case.run_with({"n=128": "n=100"}), case.run_with({"n=128": "n=101"})
    return f"With n=100 {fits.ending}; with n=101 {over.ending}."


def grid_with_enough_rows(case: CrashCase) -> str:
    """As many rows as the pictures need."""
    other = case.run("mended")
    return (
        f"10 rows of 10 are 100 places, and 128 are asked for. With as many rows as the pictures "
        f"need {other.ending}: {len(other.names['shown'])} places."
    )
