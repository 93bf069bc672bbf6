"""The part on text."""
