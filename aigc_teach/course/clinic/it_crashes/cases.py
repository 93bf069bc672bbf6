"""Twelve notebooks that crash, or ought to: each a list of cells with one mistake.

Nothing here is a training that lies about its result; those are in ``it_runs_and_lies``. Where a
mistake raises no error, it is because its twin does.
"""

from __future__ import annotations

from pathlib import Path

from ..common.case import join_texts
from . import experiments as ex
from . import pieces
from .case import CrashCase
from .notebook import replace_text

_CASES = {
    "runs_for_the_author_only": CrashCase(
        cells=pieces.MISSING_DEFINITION,
        mended_cells=(pieces.MISSING_DEFINITION[0], pieces.SCALED, *pieces.MISSING_DEFINITION[1:]),
        experiments={
            "misspelled": ex.similar_names,
            "other_version": ex.look_in_torch,
            "other_order": ex.try_another_order,
            "deleted_cell": ex.run_in_authors_kernel,
        },
        truth="deleted_cell",
        error="NameError",
        mistake_cell=0,
        deleted_cells=(pieces.SCALED,),
    ),
    "loss_unchanged_at_64_units": CrashCase(
        cells=pieces.STALE_NETWORK,
        mended_cells=pieces.STALE_NETWORK,
        experiments={
            "enough_units": ex.loss_by_width,
            "too_few_steps": ex.train_longer,
            "stale_network": ex.width_of_network,
        },
        truth="stale_network",
        error="",
        mistake_cell=3,
        order=(1, 2, 3, 4, 5, 4),
        mended_order=(1, 5, 3, 4),
    ),
    "name_not_in_this_cell": CrashCase(
        cells=pieces.MISSING_IMPORT,
        mended_cells=replace_text(
            pieces.MISSING_IMPORT,
            {"from torch import nn": "from torch import nn\nimport torch.nn.functional as F"},
        ),
        experiments={
            "not_installed": ex.look_for_package,
            "cell_not_run": ex.run_cells_above,
            "missing_import": ex.add_import,
        },
        truth="missing_import",
        error="NameError",
        mistake_cell=1,
    ),
    "stops_after_an_epoch": CrashCase(
        cells=pieces.UNDEFINED_AFTER_AN_EPOCH,
        mended_cells=replace_text(
            pieces.UNDEFINED_AFTER_AN_EPOCH,
            {"return loss.item()": "return loss.item()\n\n\ndef show(net, epoch):\n    pass"},
        ),
        experiments={
            "name_lost": ex.name_before_and_after,
            "different_last_batch": ex.without_last_batch,
            "never_reached": ex.rehearse_with_two_batches,
        },
        truth="never_reached",
        error="NameError",
        mistake_cell=3,
    ),
    "expected_3d_or_4d": CrashCase(
        cells=pieces.FLATTEN_FOR_UNFLATTEN,
        mended_cells=replace_text(
            pieces.FLATTEN_FOR_UNFLATTEN, {"nn.Flatten()": "nn.Unflatten(1, (64, 7, 7))"}
        ),
        experiments={
            "noise_does_not_fit": ex.noise_with_four_axes,
            "input_channels": ex.more_input_channels,
            "wrong_layer": ex.unflatten_instead,
        },
        truth="wrong_layer",
        error="RuntimeError",
        mistake_cell=2,
    ),
    "shapes_cannot_be_multiplied": CrashCase(
        cells=pieces.ONE_DOUBLING_TOO_MANY,
        mended_cells=replace_text(
            pieces.ONE_DOUBLING_TOO_MANY, {"    *(up(16, 16), nn.ReLU()),\n": ""}
        ),
        experiments={
            "critic_too_small": ex.wider_critic,
            "noise_does_not_fit": ex.run_generator_alone,
            "pictures_too_large": ex.sides_by_layer,
        },
        truth="pictures_too_large",
        error="RuntimeError",
        mistake_cell=2,
    ),
    "target_size_differs": CrashCase(
        cells=pieces.LABELS_LIKE_PICTURES,
        mended_cells=replace_text(
            pieces.LABELS_LIKE_PICTURES,
            {pieces.LABELS_LIKE_PICTURES[2]: pieces.LABELS_PER_PICTURE},
        ),
        experiments={
            "answer_per_pixel": ex.answer_for_each_pixel,
            "strict_loss": ex.squared_error_instead,
            "too_many_labels": ex.compare_shapes,
        },
        truth="too_many_labels",
        error="ValueError",
        mistake_cell=3,
    ),
    "empty_parameter_list": CrashCase(
        cells=pieces.LAYERS_IN_A_LIST,
        mended_cells=replace_text(
            pieces.LAYERS_IN_A_LIST,
            {"[nn.Linear": "nn.ModuleList([nn.Linear", "(32, 1)]": "(32, 1)])"},
        ),
        experiments={
            "needs_a_list": ex.parameters_as_a_list,
            "lazy_weights": ex.forward_call_first,
            "not_registered": ex.count_parameters,
        },
        truth="not_registered",
        error="ValueError",
        mistake_cell=3,
    ),
    "loss_stops_too_high": CrashCase(
        cells=pieces.SOME_LAYERS_IN_A_LIST,
        mended_cells=replace_text(
            pieces.SOME_LAYERS_IN_A_LIST,
            {"[nn.Linear": "nn.ModuleList([nn.Linear", "8), nn.Tanh()]": "8), nn.Tanh()])"},
        ),
        experiments={
            "learning_rate": ex.higher_learning_rate,
            "vanished_gradient": ex.hidden_gradients,
            "not_registered": ex.hidden_weights_after_training,
        },
        truth="not_registered",
        error="",
        mistake_cell=3,
    ),
    "backward_a_second_time": CrashCase(
        cells=pieces.MISSING_DETACH,
        mended_cells=replace_text(
            pieces.MISSING_DETACH,
            {"critic_turn(real, fakes)\n": "critic_turn(real, fakes.detach())\n"},
        ),
        experiments={
            "retain_graph": ex.retain_graph,
            "leftover_gradient": ex.zero_both_gradients,
            "detach": ex.detach_fakes,
        },
        truth="detach",
        error="RuntimeError",
        mistake_cell=5,
    ),
    "stops_in_the_second_step": CrashCase(
        cells=pieces.CRITIC_STAYS_FROZEN,
        mended_cells=replace_text(
            pieces.CRITIC_STAYS_FROZEN, {pieces.FREEZE: pieces.FREEZE_AND_THAW}
        ),
        experiments={
            "detach": ex.without_detach,
            "data_gradient": ex.gradient_for_data,
            "still_frozen": ex.trainable_critic_weights,
        },
        truth="still_frozen",
        error="RuntimeError",
        mistake_cell=4,
    ),
    "index_error_after_training": CrashCase(
        cells=pieces.GRID_TOO_SMALL,
        mended_cells=replace_text(
            pieces.GRID_TOO_SMALL,
            {"gridspec(10, 10)": "gridspec(-(-len(pictures) // 10), 10)"},
        ),
        experiments={
            "generator_overloaded": ex.sample_without_figure,
            "counting_from_one": ex.around_one_hundred,
            "grid_too_small": ex.grid_with_enough_rows,
        },
        truth="grid_too_small",
        error="IndexError",
        mistake_cell=3,
    ),
}

CASES = join_texts(Path(__file__).with_name("cases.toml"), _CASES)
"""The twelve notebooks, by name."""
