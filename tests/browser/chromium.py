"""Chromium for the tests: find it, watch what a page asks for and complains about."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
HARMLESS = (
    "strict mode: use allowUnionTypes",  # the schema checker of ipywidgets' own page manager
)


def find_chromium() -> str | None:
    """The path of a Chromium: $AIGC_CHROMIUM, or the first one on the PATH."""
    found = (shutil.which(name) for name in NAMES)
    return os.environ.get("AIGC_CHROMIUM") or next((path for path in found if path), None)


class Watch:
    """What a page did: requests to outside hosts (all are blocked), errors it complained of.

    Attributes
    ----------
    requests, outside, errors : list of str
    """

    def __init__(self, page):
        self.page = page
        self.requests: list[str] = []
        self.outside: list[str] = []
        self.errors: list[str] = []
        page.route("**/*", self._route)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def forget(self) -> None:
        """Begin anew: what the page did so far is another test's."""
        for told in self.requests, self.outside, self.errors:
            told.clear()

    def _route(self, route) -> None:
        url = route.request.url
        self.requests.append(url)
        parts = urlsplit(url)
        if parts.scheme in ("file", "data", "blob") or parts.hostname in ("127.0.0.1", "localhost"):
            route.continue_()
        else:
            self.outside.append(url)
            route.abort()

    def _listen(self, message) -> None:
        if message.type == "error" and not any(words in message.text for words in HARMLESS):
            self.errors.append(message.text)

    def _failed(self, request) -> None:
        # a request that the page itself gave up (a changed page, a closed stream) is no failure
        if request.failure != "net::ERR_ABORTED":
            self.errors.append(f"failed: {request.url} ({request.failure})")

    def _answered(self, response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status}: {response.url}")

    def assert_quiet(self) -> None:
        """No outside request, no error."""
        assert self.outside == [], f"requests to outside hosts: {self.outside}"
        assert self.errors == [], "the page complained:\n" + "\n".join(self.errors)


def picture_folder(fallback: Path) -> Path:
    """Where screenshots go: $AIGC_SCREENSHOTS, or a temporary folder."""
    folder = Path(os.environ.get("AIGC_SCREENSHOTS", fallback))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
