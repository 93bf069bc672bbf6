"""Questions of the lesson on the evidence lower bound."""

from __future__ import annotations

from . import question

question(
    "elbo/q1",
    "You change q, and the bound rises by 0.3 nats. What else happened?",
    options={
        "a": ("The evidence rose by 0.3 nats.", "The evidence does not depend on q."),
        "b": ("The gap fell by 0.3 nats.", "Bound plus gap is log p(x), which no q can move."),
        "c": ("The KL to the prior fell by 0.3 nats.", "It may even have risen: see the picture."),
    },
    answer="b",
)

question(
    "elbo/q2",
    "An estimate of the bound from three draws lies above log p(x). What do you conclude?",
    options={
        "a": ("Nothing yet.", "It has a standard error; only the average must stay below."),
        "b": ("The program is wrong.", "The bound holds for the average, not for each estimate."),
        "c": ("q is better than the posterior.", "No q is: there the gap is already 0."),
    },
    answer="a",
)

question(
    "elbo/q3",
    "You add the constant -5,000 to log p(x|z). What happens to the two gradients' variances?",
    options={
        "a": ("Both grow.", "A constant has no slope, so one of them does not notice it."),
        "b": ("Neither changes.", "One of them multiplies the constant by the score."),
        "c": ("Only the score function's grows.", "A baseline takes the constant back."),
    },
    answer="c",
)

question(
    "elbo/q4",
    "Why does the bound with 50 draws inside the logarithm lose less than that with 5?",
    options={
        "a": ("It uses a better q.", "q is the same; only the average inside differs."),
        "b": (
            "The mean of 50 weights varies less.",
            "It averages ten means of 5: Jensen.",
        ),
        "c": ("Its Monte Carlo error is smaller.", "That is chance; the gap is there on average."),
    },
    answer="b",
)

question(
    "elbo/q5",
    "A posterior has correlation 0.99 and q is diagonal. What closes the gap, with this decoder?",
    options={
        "a": ("Longer training.", "1.96 nats stay, however long you train."),
        "b": ("Smaller variances.", "The best ones are already 1 / Lambda_jj."),
        "c": ("A q that knows the correlation.", "The family is the limit, not the training."),
    },
    answer="c",
)
