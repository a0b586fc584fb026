"""The rules that every notebook of the course keeps.

A rule takes a `Notebook` and yields its complaints, one text each. To add one, write it here under `@rule`, and give
tests/test_rules.py a notebook that it refuses.
"""

import ast
import html
import itertools
import json
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from course import address, code, markdown, notebooks, tensors
from course.notebooks import IMAGES

MAX_LINES, MAX_COLUMNS = 15, 100  # of a code cell: what can be read when it is projected
MAX_BYTES = 1_500_000  # small enough to open at once; git keeps every version
MIN_EXERCISES = 4
MIN_ALT = 20  # characters
NOTES, MIN_NOTES, MAX_NOTES_WORDS = "**Notes.**", 3, 60  # the first line of speaker notes; cells; words in each
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
SETUP_MAGICS = {"pip", "!git"}
TENSORFLOW = {"tensorflow", "keras", "tensorflow_datasets"}

RULES = []


def rule(function):
    """Add a function to the rules."""
    RULES.append(function)
    return function


@dataclass
class Notebook:
    """A notebook as the rules see it: its content as nbformat reads it, and the path of its file."""

    content: nbformat.NotebookNode
    path: Path

    @classmethod
    def read(cls, path):
        """Read a file."""
        return cls(nbformat.read(path, as_version=4), path)

    @property
    def cells(self):
        """All cells."""
        return self.content.cells

    @property
    def code(self):
        """The code cells."""
        return notebooks.code_cells(self.content)

    @property
    def markdown(self):
        """The Markdown cells."""
        return notebooks.markdown_cells(self.content)

    def name(self, cell):
        """Name a cell in a complaint by its place and its first characters."""
        return f"cell {self.cells.index(cell) + 1} ({(cell.source.splitlines() or [''])[0][:40]!r})"


def complaints(notebook):
    """Return the complaints of all rules about a notebook."""
    return [complaint for keeps in RULES for complaint in keeps(notebook)]


def text_of(output):
    """Return the text that an output shows: streams, plain text, and tables without their HTML tags."""
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    table = re.sub(r"<style.*?</style>|<[^>]*>", " ", data.get("text/html", ""), flags=re.DOTALL)
    return data.get("text/plain", "") + "\n" + html.unescape(table)


@rule
def was_executed(notebook):
    """Require outputs, from one run from top to bottom, without errors or warnings."""
    for place, cell in enumerate(notebook.code, start=1):
        if cell.execution_count != place:
            yield f"{notebook.name(cell)} has execution count {cell.execution_count}, its place is {place}"
    if not any(cell.outputs for cell in notebook.code):
        yield "no cell has an output"
    for cell in notebook.code:
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"{notebook.name(cell)} stores an error: {output.ename}"
            if notebooks.is_stderr(output):
                yield f"{notebook.name(cell)} stores stderr: {output.text[:80]!r}"
            if "<Figure" in text_of(output) and not any(kind in output.get("data", {}) for kind in IMAGES):
                yield f"{notebook.name(cell)} shows a figure without its picture"


@rule
def is_normalised(notebook):
    """Require the file that `python -m course run` writes: valid, no traces of editors, widgets or versions."""
    try:
        nbformat.validate(notebook.content)
    except nbformat.ValidationError as error:
        yield f"not a valid notebook: {str(error).splitlines()[0]}"
    if notebook.content.metadata != notebooks.METADATA:
        yield "the notebook's metadata are not those that python -m course run writes"
    for cell in notebook.cells:
        if not cell.get("id"):
            yield f"{notebook.name(cell)} has no id"
        if extra := set(cell.metadata) - set(notebooks.CELL_METADATA):
            yield f"{notebook.name(cell)} has metadata {sorted(extra)}"


@rule
def has_known_magics_only(notebook):
    """Allow `%pip` and `!git` in the setup cell, and no other magic: nbval lets broken ones pass."""
    for number, cell in enumerate(notebook.code):
        for magic in sorted(code.magics(cell) - (SETUP_MAGICS if number == 0 else set())):
            yield f"{notebook.name(cell)} uses the magic or command {magic!r}"


@rule
def compiles_as_a_script(notebook):
    """Require Python that compiles without its magics: `jupytext --to py:percent` makes comments of them."""
    for cell in notebook.code:
        try:
            ast.parse(re.sub(r"^(\s*)([%!])", r"\1# \2", cell.source, flags=re.MULTILINE))
        except SyntaxError as error:
            yield f"{notebook.name(cell)} does not compile once its magics are comments: {error}"


@rule
def is_compared(notebook):
    """Require that the tests compare the outputs of every cell; only the tag nbval-ignore-output is an exception."""
    for cell in notebook.code:
        tags = {tag for tag in cell.metadata.get("tags", []) if re.match("nbval-|pytest-|raises-|skip-", tag)}
        comments = re.findall(r"#.*?\b((?:NBVAL|PYTEST_VALIDATE)_\w+)", cell.source)
        for marker in sorted(tags - {notebooks.IGNORED}) + comments:
            yield f"{notebook.name(cell)} has the marker {marker}; only the tag {notebooks.IGNORED} is understood"


@rule
def has_one_title(notebook):
    """Require one H1, in the first cell, and no gap in the levels of headings."""
    levels = [(cell, len(marks)) for cell in notebook.markdown for marks in markdown.headings(cell.source)]
    titles = [cell for cell, level in levels if level == 1]
    if len(titles) != 1 or titles[0] is not notebook.cells[0]:
        yield f"there must be one H1, in the first cell; there are {len(titles)}"
    for (_, before), (cell, level) in itertools.pairwise(levels):
        if level > before + 1:
            yield f"{notebook.name(cell)}: a heading of level {level} follows one of level {before}"


@rule
def has_short_cells(notebook):
    """Require code that can be read from the back of a lecture hall."""
    for cell in notebook.code:
        lines = cell.source.splitlines()
        if len(lines) > MAX_LINES:
            yield f"{notebook.name(cell)} has {len(lines)} lines, at most {MAX_LINES} fit"
        if (longest := max(map(len, lines), default=0)) > MAX_COLUMNS:
            yield f"{notebook.name(cell)} has a line of {longest} characters, at most {MAX_COLUMNS} fit"


@rule
def is_a_slide_show(notebook):
    """Require a slide type for every cell; what follows a prediction must come with a later step."""
    asked = False
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind not in SLIDE_TYPES:
            yield f"{notebook.name(cell)} has slide type {kind!r}"
        if asked and kind == "-":
            yield f"{notebook.name(cell)} has slide type '-' and would be seen together with the prediction before it"
        if kind not in ("notes", "skip"):
            asked = cell.cell_type == "markdown" and "**Predict" in cell.source


@rule
def has_speaker_notes(notebook):
    """Require notes for those who teach, short ones, folded in Jupyter, where their first line is all that one sees."""
    notes = [cell for cell in notebook.cells if cell.metadata.get("slideshow", {}).get("slide_type") == "notes"]
    if len(notes) < MIN_NOTES:
        yield f"there are {len(notes)} cells of speaker notes, at least {MIN_NOTES} are needed"
    for cell, after in itertools.zip_longest(notebook.cells, notebook.cells[1:]):
        first, *lines = cell.source.splitlines() or [""]
        if (cell.cell_type == "markdown" and first == NOTES) != (cell in notes):
            yield f"{notebook.name(cell)}: the slide type notes and the first line {NOTES} go together, in Markdown"
        elif cell in notes:
            if not 0 < (words := len(" ".join(lines).split())) <= MAX_NOTES_WORDS:
                yield f"{notebook.name(cell)} has notes of {words} words, not of 1 to {MAX_NOTES_WORDS}"
            if not cell.metadata.get("jupyter", {}).get("source_hidden"):
                yield f"{notebook.name(cell)} is not folded: set jupyter.source_hidden in its metadata"
            if after and re.search(r"\bexercises\.q\d+\.check\(", after.source):
                yield f"{notebook.name(cell)} parts an exercise from its question: move the notes behind both"


@rule
def prints_its_numbers(notebook):
    """Require that a cell prints each number of four or more digits in the text."""
    outputs = [text_of(output) for cell in notebook.code for output in cell.outputs]
    printed = {number for text in outputs for number in markdown.numbers(text)}
    for cell, part in markdown.without_references(notebook.markdown):
        for number in markdown.large_numbers(markdown.prose(part)):
            if number not in printed:
                yield f"{notebook.name(cell)}: no cell prints {number}"


@rule
def has_working_links(notebook):
    """Require links to Colab, the contents, and the notebooks before and after; relative links must exist."""
    public, place = address.repository(), f"notebooks/{notebook.path.name}"
    wanted = {"../README.md", address.colab_link(public, place), *neighbours(notebook.path)}
    for target in sorted(wanted - set(markdown.links(notebook.cells[0].source))):
        yield f"the first cell has no link to {target}"
    for cell in notebook.cells:
        if address.stamp(cell.source, public, place) != cell.source:
            remedy = f"run python -m course address {public}"
            yield f"{notebook.name(cell)} does not have the address of pyproject.toml; {remedy}"
    for cell in notebook.markdown:
        for target in markdown.links(cell.source):
            if not re.match(r"[a-z]+:", target) and target and not (notebook.path.parent / target).exists():
                yield f"{notebook.name(cell)} links to {target}, which does not exist"


def neighbours(path):
    """Return the names of the notebooks before and after this one in its folder."""
    names = sorted(other.name for other in path.parent.glob("*.ipynb"))
    place = names.index(path.name)
    return names[max(place - 1, 0) : place] + names[place + 1 : place + 2]


@rule
def checks_all_exercises(notebook):
    """Require all questions of the notebook's exercise file, and enough of them."""
    module = f"utils/exercises/{re.sub(r'^[0-9]+_', '', notebook.path.stem)}.py"
    file = notebook.path.parents[1] / module
    if not file.exists():
        yield f"there is no {module}"
        return
    questions = set(re.findall(r"^(q\d+) *=", file.read_text(encoding="utf-8"), re.MULTILINE))
    asked = {q for cell in notebook.code for q in re.findall(r"\bexercises\.(q\d+)\.check\(", cell.source)}
    yield from (f"exercises.{q}.check( is missing" for q in sorted(questions - asked))
    yield from (f"{module} has no {q}" for q in sorted(asked - questions))
    if len(questions) < MIN_EXERCISES:
        yield f"{module} has {len(questions)} questions, at least {MIN_EXERCISES} are needed"


@rule
def describes_its_pictures(notebook):
    """Require a text for every picture and every explorer, for those who cannot see it."""
    for cell in notebook.code:
        for output in cell.outputs:
            for kind in set(IMAGES) & set(output.get("data", {})):
                alt = output.metadata.get(kind, {}).get("alt", "")
                if len(alt) < MIN_ALT:
                    yield f"{notebook.name(cell)} has a picture with the description {alt!r}"
            shown = output.get("data", {}).get("text/html", "")
            if notebooks.EXPLORER in shown:
                stills = notebooks.still_pictures(shown)
                texts = [alt for alt, _ in stills] + re.findall('<iframe title="([^"]*)"', shown)
                if not stills or min(map(len, texts)) < MIN_ALT:
                    yield f"{notebook.name(cell)} has an explorer with the descriptions {texts}"


@rule
def saves_its_pictures(notebook):
    """Require that the file of a picture tagged `picture=NAME` is the picture that the cell shows."""
    for name, png in notebooks.tagged_pictures(notebook.content).items():
        file = notebook.path.with_name(name)
        if not file.exists() or file.read_bytes() != png:
            yield f"{name} is not the picture that the notebook shows; run python -m course run {notebook.path.name}"


@rule
def is_small(notebook):
    """Require a file small enough to open at once; git keeps every version."""
    size = notebook.path.stat().st_size
    if size > MAX_BYTES:
        yield f"the file has {size:,} bytes, at most {MAX_BYTES:,} are fine"


@rule
def has_no_machine_paths(notebook):
    """Refuse traces of the machine on which the notebook was run."""
    for cell in notebook.cells:
        shown = [cell.source]
        for output in cell.get("outputs", []):
            data = {kind: value for kind, value in output.get("data", {}).items() if kind not in IMAGES}
            shown += [json.dumps(data), output.get("text", ""), *output.get("traceback", [])]
        found = re.findall(r"(?<![\w.])/(?:home|work|tmp|root)/|(?<!\w)[A-Z]:\\+Users", "\n".join(shown))
        for text in sorted(set(found)):
            yield f"{notebook.name(cell)} has the path {text}..."


@rule
def has_readable_outputs(notebook):
    """Refuse objects as only Python sees them: addresses in memory, lists of lines, NumPy's wrapped numbers."""
    ugly = r"\bat 0x[0-9a-f]+|<matplotlib\.|<Axes|\bLine2D\b|\bnp\.(?:float|u?int|bool)\d*\(|\bnp\.(?:True|False)_"
    for cell in notebook.code:
        for text in sorted({text for output in cell.outputs for text in re.findall(ugly, text_of(output))}):
            yield f"{notebook.name(cell)} shows {text!r}; print it, or end with plt.show()"


@rule
def starts_quickly(notebook):
    """Refuse TensorFlow and Keras in the setup cells of the first notebooks: they take many seconds to import."""
    if not re.match(r"0[1-4]_", notebook.path.name):
        return
    for cell in notebook.code[:1]:
        for package in sorted(TENSORFLOW.intersection(code.imported_packages(cell))):
            yield f"{notebook.name(cell)} imports {package}"


@rule
def sets_up_tensorflow(notebook):
    """Require `utils` before TensorFlow and Keras, which read its settings, for speed and silence, when imported."""
    for cell in notebook.code:
        for package in code.imported_packages(cell):
            if package == "utils":
                return
            if package in TENSORFLOW:
                yield f"{notebook.name(cell)} imports {package} before utils"


@rule
def names_its_layers(notebook):
    """Require a name for every layer: Keras numbers the others, so that running a cell twice would rename them."""
    for cell in notebook.code:
        for node in ast.walk(ast.parse(code.python(cell))):
            if isinstance(node, ast.Call) and re.search(r"\blayers\.[A-Z]\w*$", ast.unparse(node.func)):
                given = {keyword.arg for keyword in node.keywords}
                if "name" not in given and not ast.unparse(node.func).endswith(".Input"):
                    yield f"{notebook.name(cell)} has a layer without a name: {ast.unparse(node)[:60]}"


@rule
def converts_tensors(notebook):
    """Require convert_to_numpy between Keras and NumPy, which cannot read the tensors of PyTorch."""
    trees = [ast.parse(code.python(cell)) for cell in notebook.code]
    for cell, calls in zip(notebook.code, tensors.given_to_numpy(trees)):
        for call in calls:
            yield f"{notebook.name(cell)} needs keras.ops.convert_to_numpy: {call[:60]}"


@rule
def can_be_run_again(notebook):
    """Require that a cell which reads a name does not find something else in it once a later section was run."""
    cells, section = [], 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            section += "##" in markdown.headings(cell.source)
        else:
            cells.append((section, cell, *code.bound_and_read(cell)))
    for section, cell, bound, read in cells:
        for word in sorted(read - bound):
            again = [other for later, other, binds, _ in cells if later > section and word in binds]
            if again and any(word in binds for earlier, _, binds, _ in cells if earlier <= section):
                yield f"{notebook.name(cell)} reads {word!r}; {notebook.name(again[0])} binds it again"
