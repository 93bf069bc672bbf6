"""Small trained models that come with the package, with their measured quality."""

from .store import load, manifest, names, verify

__all__ = ["load", "manifest", "names", "verify"]
