"""The part on video."""
