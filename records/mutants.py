"""Do the tests notice a wrong line? Mutants of utils, such as one with + for -, made by cosmic-ray, on Linux or macOS.

    pip install cosmic-ray && python -m records.mutants          200 mutants, 50 minutes on one core
    python -m records.mutants --seed 1 --first 20 --last 40      a part of another sample

Each place that cosmic-ray can change counts once, with one of its changes. The sample has a share of each module as
large as the module's share of the places. Texts are left out: what stands in a `raise` or an f-string. The tests of a
mutant are those of its module and those that import it or its package. They run in a copy of the course, until the
first fails or the time is over: a test that hangs has noticed, too. At the end, the tests that noticed something run
without a mutant, and must pass. `records/mutants.md` has the result. With KERAS_BACKEND=jax the tests of exercises,
figures, kernels and pixels need no TensorFlow and pass as well.
"""

import argparse
import ast
import importlib
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB

ROOT = Path(__file__).resolve().parents[1]
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1"}
TESTS = sorted(ROOT.glob("tests/**/test_*.py"))
ONCE = ["pytest", "keras", "jax", "pandas", "matplotlib.pyplot", "scipy.signal", "sklearn.ensemble", "skimage.data"]
ONCE += ["hypothesis", "nbformat", "sphinx.ext.napoleon"]  # imported before a mutant is forked
if os.environ.get("KERAS_BACKEND") != "jax":
    ONCE += ["tensorflow", "tensorflow_datasets"]
SAME = ("_Is", "_IsNot")  # changes that are left out: == and `is` differ in what Python keeps of small numbers only


def main(arguments=None):
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m records.mutants", description=__doc__, formatter_class=as_written)
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default 0)")
    parser.add_argument("--count", type=int, default=200, help="mutants in the sample (default 200)")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant to try (default 0)")
    parser.add_argument("--last", type=int, help="number after the last one (default: all)")
    parser.add_argument("--seconds", type=int, default=180, help="for the tests of a mutant (default 180)")
    parser.add_argument("--list", action="store_true", help="show the sample, without any test")
    options = parser.parse_args(arguments)
    os.environ |= ONE_THREAD | {"PYTHONDONTWRITEBYTECODE": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg"}
    sys.dont_write_bytecode = True
    mutants = sample(places(), options.count, random.Random(options.seed))
    chosen, noticed = list(enumerate(mutants))[options.first : options.last], set()
    for name in () if options.list else ONCE:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "course"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        for number, mutant in chosen:
            started, result = time.monotonic(), "" if options.list else run(mutant, copy, options.seconds)
            noticed |= set(re.findall(r"^tests/\S+", result))
            print(f"{number} {described(mutant)} | {result}, {time.monotonic() - started:.0f} s", flush=True)
        if noticed:
            print("without a mutant:", run_pytest(copy, sorted(noticed), 20 * options.seconds))


def places():
    """Return the mutants of each place that cosmic-ray can change, by path, start and end."""
    modules, database, found = sorted(ROOT.glob("utils/**/*.py")), WorkDB(":memory:", WorkDB.Mode.create), {}
    init(modules, database, {})
    texts = {path: spans_of_texts(path.read_text(encoding="utf-8")) for path in modules}
    for item in database.work_items:
        (mutant,) = item.mutations
        is_text = any(start <= mutant.start_pos < end for start, end in texts[mutant.module_path])
        if not is_text and not mutant.operator_name.endswith(SAME):
            found.setdefault((mutant.module_path, mutant.start_pos, mutant.end_pos), []).append(mutant)
    return dict(sorted(found.items()))


def spans_of_texts(source):
    """Return where the f-strings of a module, and what it raises, begin and end."""
    lines = source.splitlines()
    texts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.JoinedStr, ast.Raise))]
    ends = [((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset)) for n in texts]  # columns count bytes
    return [[(line, len(lines[line - 1].encode()[:byte].decode())) for line, byte in pair] for pair in ends]


def sample(found, count, generator):
    """Choose places at equal distances in a list that is shuffled within each module, and a mutant of each."""
    by_module = {}
    for (path, *_), mutants in found.items():
        by_module.setdefault(path, []).append(mutants)
    for group in by_module.values():
        generator.shuffle(group)
    groups, offset = [mutants for group in by_module.values() for mutants in group], generator.random()
    return [generator.choice(groups[int((k + offset) * len(groups) / count)]) for k in range(count)]


def tests_of(module):
    """Return the tests of a module, then those that import it or its package; if none does, those of its users."""
    name = dotted(module)
    own = [path for path in TESTS if re.fullmatch(rf"test_(\w+_)?{module.stem}(_\w+)?", path.stem)]
    names = {name, name.rpartition(".")[0]} - {"utils"}
    if not own and not any(imported(path) & names for path in TESTS):
        names = {dotted(path) for path in ROOT.glob("utils/**/*.py") if name in imported(path)}
    others = [path for path in TESTS if imported(path) & names and path not in own]
    return [str(path.relative_to(ROOT)) for path in own + others]


def dotted(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    lines = [(node.module, node.names) for node in nodes if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {module for module, _ in lines} | {f"{module}.{a.name}" for module, names in lines for a in names}


def run(mutant, copy, seconds):
    """Return the first test that fails for the mutant, or what else has come of it."""
    path = copy / mutant.module_path.relative_to(ROOT)
    source = path.read_text(encoding="utf-8")
    path.write_text(mutate_code(source, get_operator(mutant.operator_name)(), mutant.occurrence), encoding="utf-8")
    result = run_pytest(copy, tests_of(mutant.module_path), seconds)
    path.write_text(source, encoding="utf-8")
    return result


def run_pytest(copy, tests, seconds):
    """Run tests in a forked process, which has imported all that is large but nothing of the course."""
    log = copy.parent / "log"
    if not (child := os.fork()):
        os.setsid()
        os.chdir(copy)
        sys.path[:] = [str(copy), *(folder for folder in sys.path if folder not in ("", str(ROOT)))]
        for name in [name for name in sys.modules if name.split(".")[0] in ("records",)]:
            del sys.modules[name]
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        options = ["-x", "-q", "-n0", "-p", "no:cacheprovider", "-p", "no:nbval", "-o", "addopts="]
        os._exit(int(sys.modules["pytest"].main(options + tests)))
    end, finished = time.monotonic() + seconds, 0
    while not finished and time.monotonic() < end:
        finished, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.1)
    if not finished:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return f"no end in {seconds} s"
    failed = re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", log.read_text(errors="replace"), re.MULTILINE)
    return failed[0] if failed else f"exit status {status}" if status else "SURVIVED"


def described(mutant):
    path, (line, column), (_, end) = mutant.module_path, mutant.start_pos, mutant.end_pos
    text = path.read_text(encoding="utf-8").splitlines()[line - 1]
    what = f"{mutant.operator_name.removeprefix('core/')} {mutant.occurrence}"
    return f"{path.relative_to(ROOT)}:{line} {what} | {text[:column]}»{text[column:end]}«{text[end:]}".replace("  ", "")


if __name__ == "__main__":
    main()
