"""Where things lie, and the repository's address (which pyproject.toml alone knows)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

BRANCH = "main"


@dataclass(frozen=True)
class Places:
    """The folders of one checkout; tests point it at a temporary one."""

    root: Path

    @property
    def book(self) -> Path:
        return self.root / "book"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def bibliography(self) -> Path:
        return self.book / "references.bib"

    @cached_property
    def repository(self) -> str:
        """Address of the repository, without a closing slash."""
        project = tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))["project"]
        return project["urls"]["Repository"].rstrip("/")

    def sources(self) -> list[Path]:
        """Every lesson source, in reading order."""
        return sorted(self.book.glob("[0-9][0-9]_*/[0-9][0-9]_*.md"))

    def stored_notebooks(self) -> list[Path]:
        """Every generated notebook, in reading order; what an editor left there is none."""
        return sorted(self.notebooks.glob("[0-9][0-9]_*/[0-9][0-9]_*.ipynb"))

    def notebook_of(self, source: Path) -> Path:
        """``book/03_models/02_vae.md`` -> ``notebooks/03_models/02_vae.ipynb``."""
        return (self.notebooks / source.relative_to(self.book)).with_suffix(".ipynb")

    def source_of(self, notebook: Path) -> Path:
        """``notebooks/03_models/02_vae.ipynb`` -> ``book/03_models/02_vae.md``."""
        return (self.book / notebook.relative_to(self.notebooks)).with_suffix(".md")


def here() -> Places:
    """Return the checkout that this file belongs to."""
    return Places(Path(__file__).resolve().parents[2])
