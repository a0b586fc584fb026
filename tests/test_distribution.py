"""Training on several machines, tried with two processes of this one, finds what one process finds."""

import os
import re
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from course.notebooks import ROOT

TIMEOUT = 300  # seconds for all processes together; alone on two cores they take about 20


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run(commands, folder, timeout=TIMEOUT):
    """Run the commands side by side and return what each printed. If one fails or time is up, all are ended."""
    flags = "--xla_backend_optimization_level=0"  # compiling takes longer than these few steps
    environment = os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    outputs = [folder / f"{number}.txt" for number in range(len(commands))]
    processes = []
    try:
        for command, output in zip(commands, outputs):
            with output.open("w") as file:
                processes.append(subprocess.Popen(command, stdout=file, stderr=file, cwd=ROOT, env=environment))
        end = time.monotonic() + timeout
        while any(process.poll() is None for process in processes) and time.monotonic() < end:
            if any(process.poll() for process in processes):
                break
            time.sleep(0.1)
        codes = [process.poll() for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    texts = [output.read_text() for output in outputs]
    assert codes == [0] * len(commands), "\n".join(f"exit code {c}:\n{t[-2000:]}" for c, t in zip(codes, texts))
    return texts


def losses(text):
    return [float(number) for number in re.findall(r"^epoch \d+: loss (\S+),", text, re.MULTILINE)]


@pytest.mark.on_request
def test_two_processes_find_the_losses_of_one(tmp_path):
    script = [sys.executable, "-m", "records.several_machines", "--epochs", "3"]
    shared = [*script, "--coordinator", f"127.0.0.1:{free_port()}", "--processes", "2", "--process"]
    alone, first, second = run([script, [*shared, "0"], [*shared, "1"]], tmp_path)
    assert "process 0 of 1, 1 devices" in alone
    assert "process 0 of 2, 2 devices" in first and "process 1 of 2, 2 devices" in second
    assert len(losses(alone)) == 3 and losses(alone)[2] < 0.9 * losses(alone)[0]
    np.testing.assert_allclose(losses(first), losses(alone), rtol=1e-4)
    np.testing.assert_allclose(losses(second), losses(alone), rtol=1e-4)


@pytest.mark.parametrize("other, timeout", [("raise SystemExit(3)", TIMEOUT), ("import time; time.sleep(600)", 0.5)])
def test_a_process_that_fails_or_hangs_leaves_no_other_behind(tmp_path, monkeypatch, other, timeout):
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **settings):
            super().__init__(*arguments, **settings)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    with pytest.raises(AssertionError, match="exit code"):
        run([[sys.executable, "-c", code] for code in ("import time; time.sleep(600)", other)], tmp_path, timeout)
    assert len(started) == 2 and None not in [process.returncode for process in started]
