"""Keep the kernel of a notebook from connecting to other computers, and note each attempt.

`conftest.py` lets every kernel run this file before the first cell. Python tells its audit hooks of connections and of
names that are looked up, whatever library asks, and no library can remove a hook. What TensorFlow's own C++ code and
other programs do is not seen; `.ci/run` cuts them off, too.
"""

import ipaddress
import os
import socket
import sys

EVENTS = {  # the argument of Python's event that holds the address
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


def stay_offline(log):
    """Refuse all addresses but those of this computer from now on, and write each attempt into a file."""

    def hook(event, arguments):
        if event in EVENTS and is_elsewhere(address := arguments[EVENTS[event]]):
            descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(descriptor, f"{event} {address!r}\n".encode())
            os.close(descriptor)
            raise socket.gaierror(f"notebooks are tested without a network, and this one asks for {address!r}")

    sys.addaudithook(hook)


def is_elsewhere(address):
    """Tell whether an address, (host, port) or the host alone, can be that of another computer."""
    host = address[0] if isinstance(address, tuple) and address else address
    unix = isinstance(address, (str, bytes)) and os.fsdecode(address).startswith(("/", "\0"))
    if unix or not isinstance(host, (str, bytes)):
        return False
    host = os.fsdecode(host)
    try:
        return not ipaddress.ip_address(host.split("%")[0]).is_loopback and host not in ("0.0.0.0", "::")
    except ValueError:
        return host not in ("", "localhost", socket.gethostname())
