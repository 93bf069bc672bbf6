"""Small trained models that come with the package, with their measured quality."""

from .families import family_facts, family_scores
from .store import load, manifest, names, tokenizer, verify

__all__ = ["family_facts", "family_scores", "load", "manifest", "names", "tokenizer", "verify"]
