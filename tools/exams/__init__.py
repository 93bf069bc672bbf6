"""Questions whose numbers a seed draws, each answered in two ways."""
