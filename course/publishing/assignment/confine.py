"""Shut a process in, for good: which files it may read and write, and how much it may use.

Linux' Landlock (since 5.13; networks since 6.7, signals since 6.12) needs no rights and no other program. Whatever the
process starts is shut in as well, and it cannot be undone. See https://docs.kernel.org/userspace-api/landlock.html.
"""

import ctypes
import os
import struct
import sys
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446  # the numbers of the system calls, the same on all processors
VERSION = 1  # flag of CREATE: only ask
NO_NEW_PRIVILEGES = 38  # of prctl
EXECUTE, READ_FILE, READ_DIRECTORY, IOCTL = 1 << 0, 1 << 2, 1 << 3, 1 << 15
OF_FILES = EXECUTE | 1 << 1 | READ_FILE | 1 << 14 | IOCTL  # the rights that a single file has; also to write, to cut
SIGNALS = 6  # the first version that keeps a process from sending signals to others
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many rights each version knows; later ones know no more

SYSTEM = (  # what Python and its libraries read outside of their own folders
    *("/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/fonts", "/etc/ld.so.cache", "/etc/localtime"),
    *("/dev/urandom", "/dev/zero", "/proc/cpuinfo", "/proc/meminfo", "/proc/self", "/sys/devices/system/cpu"),
)


def version():
    """Return Landlock's version here, or 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, ctypes.CDLL(None).syscall(CREATE, None, ctypes.c_size_t(0), VERSION))


def shut_in(read, write, list_only=()):
    """Allow this process, from now on, only some folders and files, and no TCP.

    Args:
        read: Paths that it may read and execute, with all that is in them; those that are missing are left out.
        write: Paths that it may also change.
        list_only: Folders whose names it may list, to find what it may read in them.

    Raises:
        OSError: If the system does not do it.
    """
    known = version()
    libc = ctypes.CDLL(None, use_errno=True)
    everything = (1 << RIGHTS[min(known, 5)]) - 1 if known else 0
    attributes = struct.pack("QQQ", everything, 3, 3)[: 8 if known < 4 else 16 if known < 6 else 24]
    ruleset = call(libc, CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    readable = EXECUTE | READ_FILE | READ_DIRECTORY
    for paths, rights in ((read, readable), (write, everything), (list_only, READ_DIRECTORY)):
        for path in filter(os.path.exists, paths):
            mine = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = rights & everything if Path(path).is_dir() else rights & everything & OF_FILES
            call(libc, ADD, ruleset, 1, struct.pack("=Qi", allowed, mine), 0)
            os.close(mine)
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    call(libc, RESTRICT, ruleset, 0)
    os.close(ruleset)


def call(libc, number, *arguments):
    """Make a system call and return its result.

    Raises:
        OSError: If it fails.
    """
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return result


def limit(memory, seconds, file_size):
    """Limit the memory in bytes, the seconds of the processor, and the size of a file in bytes."""
    import resource  # not on Windows

    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
