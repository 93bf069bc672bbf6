"""Python's own standard library as a text to learn from: read from the running interpreter.

Nothing is stored here: every Python brings its library along as source. The text therefore
differs a little from version to version, and whoever states a number about it states the
version beside it. Its licence is the Python Software Foundation License, version 2
(https://docs.python.org/3/license.html); copyright the Python Software Foundation.
"""

from __future__ import annotations

import platform
import sysconfig
from pathlib import Path
from typing import NamedTuple

from ..core import DataError, check_choice
from ..core.outside import MB, read_bounded, reason

LICENCE = "PSF-2.0"

# Files that Python 3.11 to 3.13 have, each written by people, not by a program.
SINGLE = (
    "abc argparse ast base64 bdb bisect bz2 cProfile calendar cmd code codecs codeop colorsys "
    "compileall configparser contextlib contextvars copy copyreg csv dataclasses datetime difflib "
    "dis doctest enum filecmp fileinput fnmatch fractions ftplib functools genericpath getopt "
    "getpass gettext glob graphlib gzip hashlib heapq hmac imaplib inspect io ipaddress linecache "
    "locale lzma mailbox mimetypes modulefinder netrc ntpath numbers operator optparse os pdb "
    "pickle pickletools pkgutil platform plistlib poplib posixpath pprint profile pstats pty "
    "py_compile pyclbr pydoc queue quopri random reprlib rlcompleter runpy sched secrets selectors "
    "shelve shlex shutil signal site smtplib socket socketserver ssl stat statistics stringprep "
    "struct subprocess symtable tabnanny tarfile tempfile textwrap threading timeit token tokenize "
    "trace traceback tracemalloc tty turtle types typing uuid warnings wave weakref webbrowser "
    "zipapp zipimport"
)
IN_PACKAGES = {
    "asyncio": "base_events base_futures base_subprocess base_tasks coroutines events exceptions "
    "futures locks proactor_events protocols queues runners selector_events sslproto staggered "
    "streams subprocess taskgroups tasks threads timeouts transports trsock unix_events "
    "windows_events windows_utils",
    "collections": "__init__",
    "concurrent/futures": "_base process thread",
    "email": "_encoded_words _header_value_parser _parseaddr _policybase base64mime charset "
    "contentmanager encoders errors feedparser generator header headerregistry iterators message "
    "parser policy quoprimime utils",
    "html": "__init__ parser",
    "http": "__init__ client cookiejar cookies server",
    "importlib": "_bootstrap _bootstrap_external abc machinery util",
    "json": "__init__ decoder encoder scanner tool",
    "logging": "__init__ config handlers",
    "multiprocessing": "connection context forkserver heap managers pool popen_fork process queues "
    "reduction resource_sharer resource_tracker shared_memory sharedctypes spawn synchronize util",
    "re": "__init__ _compiler _parser",
    "tomllib": "_parser _re",
    "unittest": "async_case case loader main mock result runner signals suite util",
    "urllib": "error parse request response robotparser",
    "wsgiref": "handlers headers simple_server util validate",
    "xml/dom": "domreg expatbuilder minidom pulldom",
    "xml/etree": "ElementInclude ElementPath ElementTree",
    "xml/sax": "_exceptions expatreader handler saxutils xmlreader",
}
FILES = (
    *(f"{name}.py" for name in SINGLE.split()),
    *(f"{folder}/{name}.py" for folder, names in IN_PACKAGES.items() for name in names.split()),
)
HELD_OUT = FILES[9::10]
SPLITS = {
    "train": tuple(name for name in FILES if name not in HELD_OUT),
    "held_out": HELD_OUT,
    "all": FILES,
}


class PythonSource(NamedTuple):
    """Files of the standard library.

    Attributes
    ----------
    version : str
        Of the Python that they belong to, such as ``"3.11.7"``.
    licence : str
        ``"PSF-2.0"``.
    files : dict of str to str
        Each file's text, by its place in the library: ``"json/decoder.py"``.
    """

    version: str
    licence: str
    files: dict[str, str]


def python_source(split: str = "train") -> PythonSource:
    """The standard library's source of the Python that runs, a fixed list of files.

    Parameters
    ----------
    split : {"train", "held_out", "all"}
        Nine files of ten to learn from, every tenth to judge with, or both.

    Returns
    -------
    PythonSource

    Raises
    ------
    ChoiceError
        For an unknown split.
    DataError
        Where a file is missing: a few small Pythons come without their source.

    Examples
    --------
    >>> source = python_source("held_out")
    >>> source.licence, "copy.py" in source.files, len(source.files) < len(FILES)
    ('PSF-2.0', False, True)
    """
    check_choice("split", split, SPLITS)
    files = {name: _read(name) for name in SPLITS[split]}
    return PythonSource(platform.python_version(), LICENCE, files)


def _read(name: str) -> str:
    folder = Path(sysconfig.get_path("stdlib"))
    try:
        return read_bounded(folder / name, MB).decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise DataError(
            f"Python {platform.python_version()} has no readable {name} in its library "
            f"({reason(problem)}); a Python from python.org or your system's own brings it along."
        ) from None
