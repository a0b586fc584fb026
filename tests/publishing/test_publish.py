"""`python -m course publish`: all parts or none, a first page, and the workflow that puts the site on GitHub Pages."""

import argparse
import inspect
import re

import pytest
import yaml

from course import publish
from course.__main__ import COMMANDS, main
from course.notebooks import ROOT
from course.publishing.folder import CannotPublish, whole


def page_maker(name):
    """Stand in for a part's `build`: it writes one page, as a whole."""

    def build(notebooks, folder):
        with whole(folder) as new:
            (new / "index.html").write_text(f"{name} of {len(notebooks)}")

    return build


@pytest.fixture
def parts(monkeypatch):
    """The functions that build; a test may replace one."""
    made = {name: page_maker(name) for name in ("book", "slides", "handouts")}
    monkeypatch.setattr(publish, "builder", made.__getitem__)
    return made


def files(folder):
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in found}


def test_all_parts_stand_in_their_places_and_assignments_stay(tmp_path, parts, capsys):
    for old in ("assignments/01.ipynb", "site/old.html", "handouts/old.html"):
        (tmp_path / old).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / old).write_text("old")
    assert main(["publish", "01", "02", "--output", str(tmp_path)]) == 0
    made = files(tmp_path)
    assert made.pop("assignments/01.ipynb") == "old"
    first = made.pop("site/index.html")
    assert made == {
        "site/book/index.html": "book of 2",
        "site/slides/index.html": "slides of 2",
        "handouts/index.html": "handouts of 2",
    }
    assert 'content="0; url=book/index.html"' in first
    assert all((tmp_path / "site" / link).exists() for link in re.findall('href="([^"]*)"', first))
    assert str(tmp_path / "site" / "index.html") in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("name", ["book", "slides", "handouts"])
def test_a_part_that_cannot_be_made_is_named_and_all_stays_as_it_was(name, tmp_path, parts, capsys):
    assert main(["publish", "01", "--output", str(tmp_path)]) == 0
    before = files(tmp_path)

    def refuses(notebooks, folder):
        (folder / "half").parent.mkdir(parents=True, exist_ok=True)
        (folder / "half").write_text("half")
        raise CannotPublish("no ink; buy some")

    parts[name] = refuses
    assert main(["publish", "01", "02", "--output", str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines() == [f"{name}: no ink; buy some"]
    assert files(tmp_path) == before and len(list(tmp_path.iterdir())) == 2


def test_an_error_that_nobody_expected_says_where_it_was(tmp_path, parts):
    def fails(notebooks, folder):
        raise ZeroDivisionError

    parts["slides"] = fails
    with pytest.raises(ZeroDivisionError) as caught:
        main(["publish", "01", "--output", str(tmp_path)])
    assert "in slides" in caught.value.__notes__[0] and list(tmp_path.iterdir()) == []


MAKERS = [module for module in COMMANDS if module.__name__ in ("course.book", "course.slides", "course.handouts")]


@pytest.mark.parametrize("module", MAKERS, ids=lambda module: module.__name__)
def test_each_part_is_built_as_publish_asks_for_it(module):
    name = module.__name__.removeprefix("course.")
    assert publish.builder(name) is module.build
    inspect.signature(module.build).bind([], "folder")  # and everything else has a default


# GitHub Pages

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8"))


def commands(text):
    """Return the lines of fenced code that publish."""
    fenced = re.findall(r"^ *```\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in fenced for line in block.splitlines() if "course publish" in line]


def test_the_workflow_runs_the_command_of_the_readme():
    run = [step["run"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step]
    assert run == commands((ROOT / "README.md").read_text(encoding="utf-8")) and len(run) == 1
    assert commands("  ```\n  pip install x && python -m course publish\n  ```") != run


def test_the_workflow_uploads_the_site_and_deploys_it():
    publish, deploy = WORKFLOW["jobs"]["publish"], WORKFLOW["jobs"]["deploy"]
    uses = [step["uses"].split("@") for job in (publish, deploy) for step in job["steps"] if "uses" in step]
    wanted = ["checkout", "setup-python", "upload-pages-artifact", "configure-pages", "deploy-pages"]
    assert [name for name, _ in uses] == [f"actions/{name}" for name in wanted]
    (upload,) = [step for step in publish["steps"] if "upload" in step.get("uses", "")]
    assert ROOT / upload["with"]["path"] == publish_folder() / "site"
    assert deploy["needs"] == "publish" and deploy["environment"]["name"] == "github-pages"
    (deployment,) = [step["id"] for step in deploy["steps"] if "deploy-pages" in step["uses"]]
    assert deploy["environment"]["url"] == f"${{{{ steps.{deployment}.outputs.page_url }}}}"


def publish_folder():
    parser = argparse.ArgumentParser()
    publish.add_arguments(parser)
    return parser.parse_args([]).output


def test_the_workflow_may_do_no_more_than_it_needs():
    """The job that installs packages writes nothing; the one that deploys runs none of them."""
    assert WORKFLOW["permissions"] == {}
    assert WORKFLOW["jobs"]["publish"]["permissions"] == {"contents": "read"}
    assert WORKFLOW["jobs"]["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert not any("run" in step for step in WORKFLOW["jobs"]["deploy"]["steps"])


def test_the_workflow_runs_on_main_and_by_hand():
    assert WORKFLOW[True] == {"push": {"branches": ["main"]}, "workflow_dispatch": None}  # YAML takes `on` for true


def test_all_workflows_use_the_same_versions_of_actions():
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    used = {tuple(found) for text in texts for found in re.findall(r"uses: (\S+)@(\S+)", text)}
    assert len(texts) >= 3 and len(dict(used)) == len(used)
