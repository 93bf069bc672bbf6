"""Run a command where no network can be reached: `python tools/offline.py COMMAND ...`.

The command runs in a network namespace of its own that holds nothing but the loopback interface
(Jupyter talks to its kernels over it). Where the system does not allow that, the reason is printed
and the command runs as usual.
"""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys

INSIDE = "--inside"  # how this file calls itself, once in the namespace
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1  # from linux/sockios.h, linux/if.h


def raise_loopback() -> None:
    """Switch the loopback interface of this namespace on."""
    import fcntl  # Windows has none, and no namespaces either

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh", b"lo", 0)
        _, flags = struct.unpack("16sh", fcntl.ioctl(control, SIOCGIFFLAGS, request))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP))


def offline_command(command: list[str]) -> tuple[list[str], str]:
    """Return (the command that runs `command` offline, "") or (`command`, why it cannot)."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return command, "the program unshare is needed, which Linux has"
    for options in (["--net"], ["--net", "--map-root-user"]):
        enter = ["unshare", *options, sys.executable, os.path.abspath(__file__), INSIDE]
        trial = subprocess.run([*enter, "true"], capture_output=True, text=True)
        if trial.returncode == 0:
            return [*enter, *command], ""
    return command, trial.stderr.strip() or "the system does not allow a network namespace"


def main(arguments: list[str]) -> None:
    """Become the command; does not return."""
    if not arguments:
        sys.exit(__doc__)
    if arguments[0] == INSIDE:
        raise_loopback()
        os.execvp(arguments[1], arguments[1:])
    command, why_not = offline_command(arguments)
    if why_not:
        print(f"not offline, because {why_not}", file=sys.stderr, flush=True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
