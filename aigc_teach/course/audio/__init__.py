"""The part on audio."""
