"""The tags with which a lesson says what stands on its slides."""

OWN_TAGS = {
    "slide": "always on a slide, and in the first 45 minutes",
    "notes": "only in the speaker's notes of the slide before it",
    "skip": "runs, but is not in the deck",
}
