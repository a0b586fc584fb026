"""`python -m course address`: which remotes are on GitHub, and what the address is written into."""

import argparse
import os
import subprocess
import tomllib

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course import address, check
from course.__main__ import main
from course.notebooks import ROOT

ADDRESS = "https://github.com/somebody/a-course"
FORMS = [
    "https://github.com/somebody/a-course",
    "https://github.com/somebody/a-course.git",
    "https://github.com/somebody/a-course/",
    "https://github.com/somebody/a-course.git/",
    "https://somebody@github.com/somebody/a-course.git",
    "https://x-access-token:ghp_secret@github.com/somebody/a-course",
    "https://www.github.com/somebody/a-course",
    "http://github.com/somebody/a-course.git",
    "https://GitHub.com/somebody/a-course",
    "git://github.com/somebody/a-course.git",
    "git@github.com:somebody/a-course.git",
    "git@github.com:somebody/a-course",
    "git@github.com:/somebody/a-course.git",
    "github.com:somebody/a-course.git",
    "ssh://git@github.com/somebody/a-course.git",
    "ssh://github.com/somebody/a-course",
    "ssh://git@github.com:22/somebody/a-course",
    "ssh://git@ssh.github.com:443/somebody/a-course.git",
]
OTHERS = [
    "",
    "https://gitlab.com/somebody/a-course",
    "https://github.com.example.org/somebody/a-course",
    "https://notgithub.com/somebody/a-course",
    "https://example.org/github.com/somebody/a-course",
    "https://example.org/@github.com/somebody/a-course",
    "https://gist.github.com/somebody/a-course",
    "https://github.com/somebody",
    "https://github.com/somebody/a-course/tree/main",
    "git@gitlab.com:somebody/a-course.git",
    "git@work:somebody/a-course.git",
    "/srv/git/a-course.git",
    "../a-course",
    "file:///srv/github.com/somebody/a-course",
    "https://github.com/somebody/a-course\nhttps://example.org",
]


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_an_address_on_github_are_known(form):
    assert address.on_github(form) == ADDRESS


@pytest.mark.parametrize("form", OTHERS)
def test_what_is_not_on_github_is_not_taken_for_it(form):
    with pytest.raises(argparse.ArgumentTypeError, match="ACCOUNT/NAME"):
        address.on_github(form)


@pytest.mark.parametrize("name", ["a.course", "a_course", "a.git.course", "github.com", "cnn-notebooks"])
def test_names_with_dots_stay_whole(name):
    assert address.on_github(f"git@github.com:some-body/{name}.git") == f"https://github.com/some-body/{name}"


def test_the_address_is_stamped_into_links_and_setup():
    before = """[Colab](https://colab.research.google.com/github/YOUR_ACCOUNT/x/blob/master/notebooks/00_old.ipynb)
    !git clone -q --depth 1 https://github.com/YOUR_ACCOUNT/cnn-notebooks
    os.chdir("cnn-notebooks/notebooks")
    os.chdir("other/folder")"""
    after = """[Colab](https://colab.research.google.com/github/somebody/a-course/blob/main/notebooks/01_new.ipynb)
    !git clone -q --depth 1 https://github.com/somebody/a-course
    os.chdir("a-course/notebooks")
    os.chdir("other/folder")"""
    assert address.stamp(before, ADDRESS, own_path="notebooks/01_new.ipynb") == after
    assert address.stamp(after, ADDRESS, own_path="notebooks/01_new.ipynb") == after


def test_of_the_projects_settings_only_the_address_changes():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = text.replace("[tool.course]", '[tool.other]\nrepository = "kept"\n\n[tool.course]')
    after = address.set_repository(text, ADDRESS)
    assert after.count("\n") == text.count("\n") and after != text
    old, new = tomllib.loads(text), tomllib.loads(after)
    assert new["tool"]["course"].pop("repository") == ADDRESS and old["tool"]["course"].pop("repository")
    assert new == old and new["tool"]["other"]["repository"] == "kept"


def git(folder, *arguments):
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A course in a git repository, with a README, a citation and a notebook that was run; it has an old address."""
    folder = tmp_path / "course"
    link = "[a](https://colab.research.google.com/github/YOUR_ACCOUNT/cnn/blob/main/notebooks/07_x.ipynb)"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[tool.course]\n# here\nrepository = "https://github.com/old/one/"\n')
    (folder / "README.md").write_text(f"{link}\n    git clone https://github.com/YOUR_ACCOUNT/cnn\n")
    (folder / "CITATION.cff").write_text("repository-code: https://github.com/YOUR_ACCOUNT/cnn\n")
    code = new_code_cell("6 * 7", outputs=[nbformat.v4.new_output("stream", text="42")], execution_count=1)
    nbformat.write(new_notebook(cells=[new_markdown_cell(link), code]), folder / "notebooks" / "01_x.ipynb")
    git(folder, "init")
    monkeypatch.setattr(address, "ROOT", folder)
    monkeypatch.setattr(address, "NOTEBOOKS", folder / "notebooks")
    return folder


FILES = ("pyproject.toml", "README.md", "CITATION.cff", "notebooks/01_x.ipynb")


def contents(folder):
    return [(folder / name).read_bytes() for name in FILES]


@pytest.mark.parametrize("form", ["https://token@github.com/somebody/a-course.git", "git@github.com:somebody/a-course"])
def test_one_command_writes_the_address_of_the_remote_everywhere(form, published, capsys):
    git(published, "remote", "add", "origin", form)
    before = nbformat.read(published / "notebooks" / "01_x.ipynb", 4)
    assert main(["address"]) == 0
    lines = [ADDRESS, *(f"{name.split('/')[-1]}: written" for name in FILES)]
    assert capsys.readouterr().out.splitlines() == lines
    assert address.repository() == ADDRESS
    assert (published / "pyproject.toml").read_text() == f'[tool.course]\n# here\nrepository = "{ADDRESS}"\n'
    assert (published / "CITATION.cff").read_text() == f"repository-code: {ADDRESS}\n"
    # a link of the README keeps which notebook it opens, those of a notebook open the notebook itself
    link = "https://colab.research.google.com/github/somebody/a-course/blob/main/notebooks/{}.ipynb"
    assert (published / "README.md").read_text() == f"[a]({link.format('07_x')})\n    git clone {ADDRESS}\n"
    after = nbformat.read(published / "notebooks" / "01_x.ipynb", 4)
    assert after.cells[0].source == f"[a]({link.format('01_x')})"
    assert after.cells[1] == before.cells[1], "outputs stay"
    assert not any(check.address_complaints(published / name) for name in address.FILES)
    stamped = contents(published)
    assert main(["address"]) == 0
    assert contents(published) == stamped and "all links have it" in capsys.readouterr().out


def test_the_remote_is_what_git_makes_of_its_abbreviations(published):
    git(published, "config", "url.git@github.com:.insteadOf", "gh:")
    git(published, "remote", "add", "origin", "gh:somebody/a-course")
    assert main(["address"]) == 0
    assert address.repository() == ADDRESS


def test_an_address_that_is_given_counts_more_than_the_remote(published):
    git(published, "remote", "add", "origin", "git@github.com:another/fork")
    assert main(["address", "git@github.com:somebody/a-course.git"]) == 0
    assert address.repository() == ADDRESS


@pytest.mark.parametrize(
    "remote, said",
    [
        (None, "there is no git remote origin"),
        ("https://me:secret@gitlab.com/somebody/a-course", "https://gitlab.com/somebody/a-course, is not on GitHub"),
        ("git@work:somebody/a-course.git", "git@work:somebody/a-course.git, is not on GitHub"),
    ],
)
def test_without_a_remote_on_github_the_remedy_is_named_and_nothing_written(remote, said, published, capsys):
    if remote:
        git(published, "remote", "add", "origin", remote)
    before = contents(published)
    assert main(["address"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line and line.endswith("run python -m course address https://github.com/ACCOUNT/NAME")
    assert "secret" not in line and contents(published) == before


def test_a_copy_inside_another_repository_has_no_remote_of_its_own(published, monkeypatch):
    git(published, "remote", "add", "origin", "git@github.com:somebody/another-course")
    monkeypatch.setattr(address, "ROOT", published / "notebooks")
    assert address.origin() is None


def test_without_git_there_is_no_remote(published, monkeypatch):
    git(published, "remote", "add", "origin", ADDRESS)
    monkeypatch.setenv("PATH", "")
    assert address.origin() is None
