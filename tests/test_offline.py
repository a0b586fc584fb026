"""No notebook connects to another computer: their kernels are tested offline, and a cell that tries to fails."""

from types import SimpleNamespace

import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel

import conftest
from course.offline import is_elsewhere

TRIES = {
    "a name": ("socket.getaddrinfo('example.org', 80)", "getaddrinfo"),
    "an address": ("socket.socket().connect_ex(('192.0.2.1', 9))", "connect"),
    "without a word": ("urllib.request.urlopen('http://example.org/')", "getaddrinfo"),
    "a datagram": ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))", "sendto"),
    "in a thread": (
        "t = threading.Thread(target=socket.gethostbyname, args=['example.org']); t.start(); t.join()",
        "gethostbyname",
    ),
}
AT_HOME = """
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    socket.getaddrinfo("localhost", 0)
"""


def run(kernel, code):
    """Run a cell of a notebook, which may not print."""
    request = kernel.execute_cell_input(f"import contextlib, socket, threading, urllib.request\n{code}")
    kernel.await_reply(request, timeout=60)
    kernel.await_idle(request, 60)


def judge(notebook):
    """Do what pytest does when a cell has run."""
    hook = conftest.pytest_runtest_call(SimpleNamespace(parent=notebook))
    next(hook)
    with pytest.raises(StopIteration):
        hook.send(None)


def test_a_cell_that_connects_fails_even_if_it_hides_the_error(tmp_path):
    notebook = SimpleNamespace()
    conftest.start_offline(
        notebook, lambda: setattr(notebook, "kernel", RunningKernel(CURRENT_ENV_KERNEL_NAME, cwd=str(tmp_path)))
    )
    try:
        run(notebook.kernel, AT_HOME)
        judge(notebook)
        for code, event in TRIES.values():
            run(notebook.kernel, f"with contextlib.suppress(OSError):\n    {code}")
            with pytest.raises(
                pytest.fail.Exception, match=f"asks for another computer: socket.{event} .*(192|example)"
            ):
                judge(notebook)
        run(notebook.kernel, AT_HOME)
        judge(notebook)
    finally:
        notebook.kernel.stop()


@pytest.mark.parametrize(
    "address",
    [("127.0.0.1", 80), ("127.1.2.3", 80), ("::1", 80, 0, 0), "localhost", "", None, "/a/socket", b"\0x", (0, 0)],
)
def test_this_computer_is_not_elsewhere(address):
    assert not is_elsewhere(address)


@pytest.mark.parametrize(
    "address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0), "example.org", b"example.org", "10.0.0.1"]
)
def test_others_are_elsewhere(address):
    assert is_elsewhere(address)
