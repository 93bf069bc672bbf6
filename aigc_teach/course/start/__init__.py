"""The first part: pictures at once."""
