"""Cases in which the training is what it is, and the report about it is wrong."""

from __future__ import annotations

from pathlib import Path

from ..common.case import join_texts
from . import experiments as ex
from . import reports
from .case import JudgedCase

_CASES = {
    "winner_changes_each_line": JudgedCase(
        faulty=reports.last_printed_loss,
        mended=reports.mean_unseen_loss,
        experiments={
            "memorised_training_set": ex.loss_on_seen_and_unseen,
            "random_codes": ex.scatter_over_codes,
            "training_mode": ex.difference_between_modes,
            "single_batch": ex.loss_scatter("total"),
        },
        truth="single_batch",
    ),
    "lower_loss_no_digits": JudgedCase(
        faulty=reports.median_generator_loss,
        mended=reports.frechet_of_500,
        experiments={
            "single_batch": ex.share_of_lower_steps("generator.total"),
            "different_units": ex.loss_of_undecided_critic,
            "matter_of_taste": ex.nearest_distances,
            "different_critics": ex.loss_under_each_critic,
        },
        truth="different_critics",
    ),
    "test_loss_zero_noise": JudgedCase(
        faulty=reports.cross_entropy_real_only,
        mended=reports.cross_entropy_real_and_generated,
        experiments={
            "memorised": ex.loss_on_training_pictures,
            "too_few_pictures": ex.standard_error_of_mean,
            "wrong_label": ex.loss_with_other_label,
            "generator_not_tested": ex.change_without_generator,
        },
        truth="generator_not_tested",
    ),
    "confident_without_digits": JudgedCase(
        faulty=reports.confident_share_of_ten_classes,
        mended=reports.confident_share_with_reject_class,
        experiments={
            "poor_classifier": ex.accuracy_on_real_digits,
            "digit_like_noise": ex.nearest_distances,
            "lenient_threshold": ex.share_at_99_percent,
            "cannot_decline": ex.share_with_reject_class,
        },
        truth="cannot_decline",
    ),
    "ten_clean_samples": JudgedCase(
        faulty=reports.confidence_of_best_ten,
        mended=reports.mean_confidence,
        experiments={
            "lucky_latents": ex.over_other_latents(
                reports.confidence_of_best_ten, "How sure the judge is of ten pictures"
            ),
            "other_weights": ex.largest_weight_difference,
            "memorised": ex.nearest_distances,
            "cherry_picked": ex.confidence_of_all_drawn,
        },
        truth="cherry_picked",
    ),
    "nearly_perfect_frechet": JudgedCase(
        faulty=reports.frechet_of_500,
        mended=reports.nearest_distance_ratio,
        experiments={
            "too_few_pictures": ex.frechet_at_sizes(250, 500, 1000),
            "biased_judge": ex.frechet_of_unseen,
            "few_distinct_pictures": ex.sample_diversity,
            "memorised": ex.nearest_distances,
        },
        truth="memorised",
    ),
    "blurred_scores_better": JudgedCase(
        faulty=reports.frechet_of_all_samples,
        mended=reports.frechet_of_equal_counts,
        experiments={
            "lucky_latents": ex.over_other_latents(
                reports.frechet_of_all_samples, "The distance", ".1f"
            ),
            "missing_digits": ex.share_of_rarest_digit,
            "memorised": ex.nearest_distances,
            "unequal_counts": ex.frechet_at_sizes(100, 1000),
        },
        truth="unequal_counts",
    ),
    "worse_two_at_a_time": JudgedCase(
        faulty=reports.frechet_in_train_mode,
        mended=reports.frechet_in_eval_mode,
        experiments={
            "too_few_pictures": ex.frechet_at_sizes(500, 1000),
            "lucky_latents": ex.over_other_latents(reports.frechet_of_500, "The distance", ".0f"),
            "rounding_errors": ex.batch_effect_in_eval_mode,
            "batch_dependence": ex.batch_effect_in_train_mode,
        },
        truth="batch_dependence",
    ),
}

CASES = join_texts(Path(__file__).with_name("cases.toml"), _CASES)
"""Eight ways of judging wrongly, by name."""
