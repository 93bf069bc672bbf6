"""The part on models."""
