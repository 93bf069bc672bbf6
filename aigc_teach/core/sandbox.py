"""Running a small piece of Python in a process of its own, with limits.

What a model wrote is run by nobody who looked at it. So it runs elsewhere: in a fresh Python
(``python -I -S``: no site packages, no environment variables), in an empty folder that is
removed afterwards, with limits of time, memory and output, and under an audit hook (PEP 578) that
refuses to write files, to read any but Python's own library, to reach the network and to start
processes.

This keeps accidents away from your kernel and your files. It is no prison: whoever *wants* to get
out of an audit hook can. Code of strangers with a motive belongs into a machine of its own.

Limits of processor time, memory and output need `resource`, which POSIX systems have; on Windows
only the clock and the hook remain (`limits()` says which). macOS does not enforce the memory's.
"""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from .errors import DataError, check_count, check_number, check_text

try:
    import resource
except ImportError:  # Windows
    resource = None

LONGEST = 100_000  # characters of code
OUTPUT = 100_000  # bytes that it may print
START = 10.0  # seconds of the clock that a busy machine may take to start a Python
MEMORY_MB = (64, 4096)
VERDICTS = ("passed", "failed", "error", "time", "memory", "refused", "left")

# Runs in the child. `secret` marks what the child itself says: code that prints "passed", or that
# leaves before its tests are over, has not passed them.
BOOT = r"""
import os, sys
def main():
    seconds, memory, output = map(int, sys.argv[1:4])
    secret, code = sys.stdin.buffer.read().decode("utf-8").split("\n", 1)
    try:
        import resource
        for name, limit in (("CPU", seconds), ("AS", memory), ("FSIZE", output), ("CORE", 0),
                            ("NOFILE", 32), ("NPROC", 64)):
            try:
                hard = limit + (name == "CPU")  # the soft one says why, the hard one only ends
                resource.setrlimit(getattr(resource, "RLIMIT_" + name), (limit, hard))
            except (AttributeError, ValueError, OSError):
                pass
    except ImportError:
        pass
    homes = tuple({os.path.realpath(path) + os.sep for path in sys.path if path})
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    refused = []
    def no(what):
        refused.append(what)
        raise PermissionError(what)
    def hook(event, args):
        if event == "open":
            path, _, flags = args
            if isinstance(path, int):
                return
            if str(path).startswith("<"):  # a SyntaxError looks for the line it is about
                raise FileNotFoundError(path)
            if flags & writing:
                no("write a file")
            if not os.path.realpath(path).startswith(homes):
                no("read a file")
        elif event.startswith(("os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system",
                               "os.startfile", "subprocess.", "pty.", "os.kill")):
            no("start or end a process")
        elif event.startswith(("socket.", "urllib.", "ftplib.", "smtplib.", "http.")):
            no("reach the network")
        elif event.startswith(("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link",
                               "os.symlink", "os.truncate", "os.chmod", "os.chown", "shutil.")):
            no("change files")
        elif event.startswith("ctypes."):
            no("load foreign code")
    def say(what):
        os.write(2, ("\n" + secret + what[:300] + "\n").encode("utf-8", "replace"))
    sys.addaudithook(hook)
    try:
        exec(compile(code, "<completed>", "exec"), {"__name__": "__main__"})
    except MemoryError:
        say("memory")
    except BaseException as problem:
        if refused:
            say("refused " + refused[0])
        elif isinstance(problem, AssertionError):
            say("failed " + str(problem))
        elif isinstance(problem, SystemExit):
            say("left")
        else:
            say("error " + type(problem).__name__ + ": " + str(problem))
    else:
        say("refused " + refused[0] if refused else "passed")
main()
"""


class Outcome(NamedTuple):
    """What became of a piece of code.

    Attributes
    ----------
    verdict : str
        "passed": it ran to its end. "failed": an assertion did not hold. "error": any other
        exception. "time", "memory": a limit. "refused": it tried what is not allowed. "left": it
        ended without an answer.
    said : str
        The same as a sentence.
    output : str
        What it printed.
    seconds : float
        Of the clock.
    """

    verdict: str
    said: str
    output: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the code ran to its end."""
        return self.verdict == "passed"


def limits() -> tuple[str, ...]:
    """What is limited on this system.

    >>> "clock" in limits()
    True
    """
    more = ("processor", "memory", "output") if resource else ()
    return ("clock", "files", "network", "processes", *more)


def run_python(code: str, *, seconds: float = 1.0, memory_mb: int = 256) -> Outcome:
    """Run `code` in a process of its own, and say what became of it.

    Parameters
    ----------
    code : str
        At most 100,000 characters; functions and their tests, as assertions.
    seconds : float
        Of processor time (rounded up to whole seconds), above 0, at most 60. By the clock it may
        take as long and ten seconds more.
    memory_mb : int
        64 to 4096.

    Returns
    -------
    Outcome

    Raises
    ------
    DataError, DtypeError, RangeError
        For what is no code, too long, or a limit out of range. Never for what the code does.

    Examples
    --------
    >>> run_python("assert 1 + 1 == 2").verdict
    'passed'
    >>> run_python("assert 1 + 1 == 3, 'no'").said
    'A test failed: no'
    >>> run_python("open('here', 'w')").said
    'It tried to write a file, which is not allowed here.'
    """
    if len(check_text("code", code)) > LONGEST:
        raise DataError(f"The code has {len(code)} characters; at most {LONGEST} are run.")
    if "\0" in code or any("\ud800" <= c <= "\udfff" for c in code):
        raise DataError("The code holds a NUL or half a character, so no file could hold it.")
    if check_number("seconds", seconds, above=True) > 60:
        raise DataError(f"seconds={seconds} is too long; at most 60.")
    check_count("memory_mb", memory_mb, at_least=MEMORY_MB[0], at_most=MEMORY_MB[1])
    secret = secrets.token_hex(16)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as files:
        out, err = (files.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        cpu, memory = math.ceil(seconds), memory_mb * 2**20
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-c", BOOT, str(cpu), str(memory), str(OUTPUT)],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
            cwd=folder,
            env=_environment(),
            start_new_session=True,
        )
        late = _wait(process, f"{secret}\n{code}".encode(), seconds + START)
        out.seek(0)
        err.seek(0)
        printed = out.read(OUTPUT).decode("utf-8", "replace")
        told = err.read(2 * OUTPUT).decode("utf-8", "replace").rsplit("\n" + secret, 1)
    words = told[1].strip() if len(told) == 2 else ""
    verdict, said = _sentence(words, process.returncode, late, seconds, memory_mb)
    return Outcome(verdict, said, printed, time.monotonic() - begin)


def _environment() -> dict[str, str]:
    """As little as a Python needs to start: nothing of the learner's."""
    kept = {"SYSTEMROOT", "PATH"} if os.name == "nt" else {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
    return {name: value for name, value in os.environ.items() if name.upper() in kept}


def _wait(process: subprocess.Popen, text: bytes, seconds: float) -> bool:
    """Hand over the code and wait; True where the clock ran out and the process was ended."""
    late = False
    try:
        process.communicate(text, timeout=seconds)
    except subprocess.TimeoutExpired:
        late = True
    finally:  # also where the kernel is interrupted
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.name == "posix":
                    os.killpg(process.pid, signal.SIGKILL)  # its children, too
                else:
                    process.kill()
            process.wait()
    return late


def _sentence(words: str, code: int, late: bool, seconds: float, memory: int) -> tuple[str, str]:
    """Verdict and sentence from what the child said, and how it ended."""
    kind, _, rest = words.partition(" ")
    time_signals = {-getattr(signal, name) for name in ("SIGXCPU",) if hasattr(signal, name)}
    if late or (not kind and code in time_signals):
        return "time", f"It did not end within {seconds:g} s and was stopped."
    if not kind and code == -9:  # the hard limit of processor time, or the system's own memory
        return "time", f"It was stopped by the system after its {seconds:g} s."
    if kind == "passed":
        return kind, "It ran to its end."
    if kind == "failed":
        return kind, f"A test failed: {rest}" if rest else "A test failed."
    if kind == "memory":
        return kind, f"It asked for more than {memory} MB of memory."
    if kind == "refused":
        return kind, f"It tried to {rest}, which is not allowed here."
    if kind == "error":
        return kind, f"It stopped with {rest}"
    return "left", "It ended before its tests were over."
