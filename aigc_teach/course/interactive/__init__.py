"""The part on interactive."""
