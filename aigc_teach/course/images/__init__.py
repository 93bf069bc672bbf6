"""The part on images."""
