# SPDX-License-Identifier: Apache-2.0
"""Whether this machine can run what we fetch: processor, room on the disk."""

import os
import platform
import shutil
import sys
from pathlib import Path

from .console import Failure, size_text

# x86-64-v2, which our own code is compiled for. AVX2 is what the models need to keep up with speech.
NEEDED_FLAGS = ("cx16", "lahf_lm", "popcnt", "pni", "ssse3", "sse4_1", "sse4_2")
WANTED_FLAGS = ("avx2", "fma")
# An archive, its unpacked files and a converted copy lie side by side for a moment.
ROOM_PER_BYTE = 4


def check_cpu(machine=None, cpuinfo=None):
    """Raises Failure on a CPU that cannot work; returns a warning, or nothing."""
    machine = machine or platform.machine()
    if machine not in ("x86_64", "AMD64"):
        raise Failure(
            f"this machine is {machine}; the prebuilt libraries are for x86-64 only",
            "use an x86-64 machine (any since about 2009)",
        )
    if cpuinfo is None:
        try:
            cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        except OSError:
            return None
    flags = next((line for line in cpuinfo.splitlines() if line.startswith("flags")), "").split()
    missing = [flag for flag in NEEDED_FLAGS if flag not in flags]
    if flags and missing:
        raise Failure(
            f"this CPU lacks {', '.join(missing)}",
            "use a CPU with x86-64-v2; in a virtual machine choose the CPU model `host`",
        )
    if flags and not all(flag in flags for flag in WANTED_FLAGS):
        return "this CPU has no AVX2: Parley runs, but the models may be slower than speech"
    return None


def check_python():
    if sys.version_info < (3, 11):
        raise Failure(
            f"Python {platform.python_version()} is too old: deps.lock needs 3.11",
            "install python3 of Debian 12 or newer",
        )


def cache_root():
    root = os.environ.get("PARLEY_CACHE") or Path.home() / ".cache" / "parley"
    return Path(root).expanduser().absolute()


def no_room(root, needed=0):
    try:
        free = size_text(shutil.disk_usage(root).free)
    except OSError:
        free = "unknown"
    needs = f"about {size_text(needed)} needed, " if needed else ""
    return Failure(
        f"no room in {root}: {needs}{free} free",
        "free some space, or set PARLEY_CACHE to a folder on a larger disk, and run again: "
        "what is finished is kept",
    )


def check_room(root, archive_bytes, build_bytes=0):
    needed = archive_bytes * ROOM_PER_BYTE + build_bytes
    if shutil.disk_usage(root).free < needed:
        raise no_room(root, needed)
