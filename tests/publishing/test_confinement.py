"""What students' code may do while it is graded, and what it may not."""

import os
import signal
import socket
import sys

import pytest

from course.publishing.assignment import collect, confine
from course.publishing.folder import CannotPublish

confined = pytest.mark.skipif(not collect.shuts_in(), reason="nothing shuts processes in here")

FORBIDDEN = {
    "read": "open({secret!r}).read()",
    "list": "import os; os.listdir({folder!r})",
    "write": "open({folder!r} + '/new', 'w')",
    "delete": "import os; os.remove({secret!r})",
    "programs": "import subprocess; subprocess.run(['cat', {secret!r}], check=True)",
    "connect": "import socket; socket.create_connection(('127.0.0.1', {port}), 1)",
    "others": "import os; os.kill({pid}, 0); open('/proc/{pid}/environ').read()",
}


@confined
@pytest.mark.parametrize("what", FORBIDDEN)
def test_students_code_reaches_nothing_of_the_teacher(what, tmp_path):
    secret = tmp_path / "key.json"
    secret.write_text("the key")
    with socket.create_server(("127.0.0.1", 0)) as server:
        names = dict(secret=str(secret), folder=str(tmp_path), port=server.getsockname()[1], pid=os.getpid())
        code = FORBIDDEN[what].format(**names) + "\nreached = 1"
        record = collect.collect([{"source": code, "question": "q1", "variable": "reached"}])["q1"]
    assert not record.get("set") and "stops with an error" in record["error"]
    assert secret.read_text() == "the key" and len(list(tmp_path.iterdir())) == 1


@confined
def test_it_may_use_its_own_folder_the_library_and_matplotlib():
    code = (
        "from pathlib import Path; Path('a').write_text('1'); from utils.convolution import conv2d\n"
        "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.savefig('a.png'); reached = 1"
    )
    record = collect.collect([{"source": code, "question": "q1", "variable": "reached"}])["q1"]
    assert record["set"] and record["error"] is None


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="students' code is not run on Windows")
@pytest.mark.parametrize("what", ["read", "list", "programs"])
def test_without_confinement_it_would_reach_them(what, tmp_path):
    (tmp_path / "key.json").write_text("the key")
    code = FORBIDDEN[what].format(secret=str(tmp_path / "key.json"), folder=str(tmp_path), port=0, pid=0)
    cells = [{"source": code + "\nreached = 1", "question": "q1", "variable": "reached"}]
    assert collect.collect(cells, confined=False)["q1"]["set"]


@pytest.mark.parametrize(
    "version, unshare, works", [(0, ("unshare",), False), (5, (), False), (5, ("unshare",), True), (6, (), True)]
)
def test_where_students_code_can_be_shut_in(version, unshare, works, monkeypatch):
    monkeypatch.setattr(confine, "version", lambda: version)
    monkeypatch.setattr(collect, "namespaces", lambda: unshare)
    assert collect.shuts_in() == works


def test_a_key_that_students_code_could_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "shuts_in", lambda: True)
    collect.check_out_of_reach(tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(CannotPublish, match=r"move .*key\.json"):
        collect.check_out_of_reach(tmp_path / "venv" / "key.json")
    monkeypatch.setattr(collect, "shuts_in", lambda: False)
    with pytest.raises(CannotPublish, match="--unconfined"):
        collect.check_out_of_reach("/elsewhere")
