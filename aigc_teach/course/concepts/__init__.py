"""The part on concepts."""
