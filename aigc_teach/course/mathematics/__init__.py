"""The part on mathematics."""
