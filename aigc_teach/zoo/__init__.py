"""Small trained models that come with the package, with their measured quality."""

from .families import family_facts, family_scores
from .readers import Reading, read_faces, read_landscapes
from .store import load, manifest, names, tokenizer, verify

__all__ = [
    "Reading",
    "family_facts",
    "family_scores",
    "load",
    "manifest",
    "names",
    "read_faces",
    "read_landscapes",
    "tokenizer",
    "verify",
]
