"""The files around the course agree: requirements and versions, editions, Pythons, and what the text names."""

import json
import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from course.notebooks import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def requirements(name):
    lines = [re.sub(r"(^| )#.*", "", line).strip() for line in read(name).splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-publish.txt", "requirements-dev.txt"])
def test_constraints_hold_a_version_that_each_requirement_allows(name):
    exact = {wanted.name.lower(): wanted.specifier for wanted in requirements("constraints.txt")}
    for wanted in requirements(name):
        (version,) = exact[wanted.name.lower().replace("_", "-")]
        assert version.operator == "==" and version.version in wanted.specifier, wanted


def test_all_pythons_that_the_project_allows_are_tested_and_named():
    allowed = [f"3.{minor}" for minor in range(30) if f"3.{minor}" in SpecifierSet(PROJECT["requires-python"])]
    workflow = yaml.safe_load(read(".github/workflows/tests.yml"))
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == allowed
    assert f"Python {', '.join(allowed[:-1])} or {allowed[-1]}" in read("README.md")
    assert json.loads(read(".devcontainer/devcontainer.json"))["image"].split(":")[1] in allowed


def test_citation_changelog_and_project_are_of_one_edition():
    assert yaml.safe_load(read("CITATION.cff"))["version"] == PROJECT["version"]
    assert re.search(r"^## ([\d.]+)", read("CHANGELOG.md"), re.MULTILINE)[1] == PROJECT["version"]


OTHERS = {"edit.py", "utils.py", "flowers.ipynb", "lenet_on_mnist.ipynb", "my_photos.ipynb"}  # a command's, a student's


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_files_that_a_text_names_exist(name):
    text = re.sub(r"https?://\S+|\.venv\S*|published/[\w/]*|~/\S*|(?<!\w)(?:\.\./)?photos\b[\w/]*", "", read(name))
    code = " ".join(re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL))
    named = set(re.findall(r"(?<![\w./-])[\w.-]+/[\w./-]*|[\w-]+\.(?:cff|ipynb|md|py|toml|txt)\b", code)) - OTHERS
    named |= {f"{folder}/{module}" for folder, module in re.findall(r"\b(utils|records)\.(?!py\b)(\w+)", code)}
    named |= set(re.findall(r"\]\(([^)#\s]+)\)", text))
    ways = [(folder, end) for folder in ("", "notebooks") for end in ("", ".py")]
    missing = {path for path in named if not any((ROOT / folder / f"{path}{end}").exists() for folder, end in ways)}
    assert named and missing == set()
