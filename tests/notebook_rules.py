"""What every notebook of the course must be like. A rule returns its complaints, one text each; none is fine.

Each rule takes the notebook and its path. tests/test_notebooks.py applies all of `RULES` to all notebooks, and shows
for every rule a notebook that it refuses.
"""

import ast
import html
import importlib
import itertools
import json
import re
import symtable

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

import rerun

MAX_LINES, MAX_COLUMNS = 15, 100  # of a code cell: what can be read when it is projected
MAX_BYTES = 1_500_000
MIN_EXERCISES = 4
MIN_ALT = 20  # characters
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
SETUP_MAGICS = {"pip", "cd", "!git"}
IMAGES = ("image/png", "image/jpeg")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def name(notebook, cell):
    """How a complaint names a cell: its place and how it begins."""
    return f"cell {notebook.cells.index(cell) + 1} ({(cell.source.splitlines() or [''])[0][:40]!r})"


def text_of(output):
    """What an output shows as text: streams, plain text, and tables without their HTML tags."""
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    table = re.sub(r"<style.*?</style>|<[^>]*>", " ", data.get("text/html", ""), flags=re.DOTALL)
    return data.get("text/plain", "") + "\n" + html.unescape(table)


def was_executed(notebook, path):
    """Outputs are there, from one run from top to bottom, without errors or warnings."""
    cells = code_cells(notebook)
    complaints = [
        f"{name(notebook, cell)} has execution count {cell.execution_count}, its place is {place}"
        for place, cell in enumerate(cells, start=1)
        if cell.execution_count != place
    ]
    if not any(cell.outputs for cell in cells):
        complaints.append("no cell has an output")
    for cell in cells:
        for output in cell.outputs:
            if output.output_type == "error":
                complaints.append(f"{name(notebook, cell)} stores an error: {output.ename}")
            if rerun.is_stderr(output):
                complaints.append(f"{name(notebook, cell)} stores stderr: {output.text[:80]!r}")
            if "<Figure" in text_of(output) and not any(kind in output.get("data", {}) for kind in IMAGES):
                complaints.append(f"{name(notebook, cell)} shows a figure without its picture")
    return complaints


def is_normalised(notebook, path):
    """The file is as tests/rerun.py writes it: valid, no traces of editors, widgets or versions."""
    complaints = []
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        complaints.append(f"not a valid notebook: {str(error).splitlines()[0]}")
    if notebook.metadata != rerun.NOTEBOOK_METADATA:
        complaints.append("the notebook's metadata are not those that tests/rerun.py writes")
    for cell in notebook.cells:
        if not cell.get("id"):
            complaints.append(f"{name(notebook, cell)} has no id")
        if extra := set(cell.metadata) - set(rerun.CELL_METADATA):
            complaints.append(f"{name(notebook, cell)} has metadata {sorted(extra)}")
    return complaints


def has_known_magics_only(notebook, path):
    """`%pip`, `%cd` and `!git` in the setup cell, no other magic or shell command: nbval lets broken ones pass."""
    complaints = []
    for number, cell in enumerate(code_cells(notebook)):
        used = magics(cell.source) - (SETUP_MAGICS if number == 0 else set())
        complaints += [f"{name(notebook, cell)} uses the magic or command {magic!r}" for magic in sorted(used)]
    return complaints


def magics(source):
    """Names of IPython's line and cell magics in a cell; shell commands with a leading exclamation mark."""
    python = TransformerManager().transform_cell(source)
    found = re.findall(r"get_ipython\(\)\.(run_line_magic|run_cell_magic|system|getoutput)\(['\"](\S*?)['\" ]", python)
    return {word if call.startswith("run_") else f"!{word}" for call, word in found}


def has_one_title(notebook, path):
    """One H1, in the first cell; no level of headings is skipped."""
    levels = [(cell, len(marks)) for cell in markdown_cells(notebook) for marks in headings(cell.source)]
    titles = [cell for cell, level in levels if level == 1]
    complaints = []
    if len(titles) != 1 or titles[0] is not notebook.cells[0]:
        complaints.append(f"there must be one H1, in the first cell; there are {len(titles)}")
    for (_, before), (cell, level) in itertools.pairwise(levels):
        if level > before + 1:
            complaints.append(f"{name(notebook, cell)}: a heading of level {level} follows one of level {before}")
    return complaints


def headings(source):
    """The number signs of each heading, fenced code left out."""
    return re.findall(r"^(#{1,6}) ", without_fences(source), re.MULTILINE)


def without_fences(source):
    return re.sub(r"^(```|~~~).*?^\1", "", source, flags=re.MULTILINE | re.DOTALL)


def has_short_cells(notebook, path):
    """Code that can be read from the back of a lecture hall."""
    complaints = []
    for cell in code_cells(notebook):
        lines = cell.source.splitlines()
        if len(lines) > MAX_LINES:
            complaints.append(f"{name(notebook, cell)} has {len(lines)} lines, at most {MAX_LINES} fit")
        if (longest := max(map(len, lines), default=0)) > MAX_COLUMNS:
            complaints.append(f"{name(notebook, cell)} has a line of {longest} characters, at most {MAX_COLUMNS} fit")
    return complaints


def is_a_slide_show(notebook, path):
    """Every cell says what it is when the notebook is projected."""
    types = [(cell, cell.metadata.get("slideshow", {}).get("slide_type")) for cell in notebook.cells]
    return [f"{name(notebook, cell)} has slide type {kind!r}" for cell, kind in types if kind not in SLIDE_TYPES]


def prints_its_numbers(notebook, path):
    """Numbers of four or more digits in the text are among the numbers that a cell prints."""
    printed = {n for cell in code_cells(notebook) for output in cell.outputs for n in numbers(text_of(output))}
    complaints, reference_level = [], None
    for cell in markdown_cells(notebook):
        for part in re.split(r"(?m)^(?=#{1,6} )", without_fences(cell.source)):
            if heading := re.match(r"(#{1,6}) +(.*)", part):
                level = len(heading[1])
                if heading[2].strip().lower() == "references":
                    reference_level = level
                elif reference_level and level <= reference_level:
                    reference_level = None
            if not reference_level:
                unprinted = [n for n in large_numbers(prose(part)) if n not in printed]
                complaints += [f"{name(notebook, cell)}: no cell prints {n}" for n in unprinted]
    return complaints


NOT_PROSE = re.compile(
    r"`[^`]*`"  # code in a line
    r"|\]\([^)]*\)|https?://\S+"  # targets of links
    r"|\b10\.\d{4,}/\S+|arxiv:\s*[\d.]+"  # DOIs and arXiv numbers
    r"|<[^>]*>",  # HTML tags
    re.IGNORECASE,
)


def prose(source):
    """Markdown, fenced code removed, without what is not text to read."""
    return NOT_PROSE.sub(" ", source)


SEPARATOR = r"(?:,|\{,\}|\\,|\u2009|\u202f|\u00a0)"
NUMBER = re.compile(rf"(?<![\w.])(?:\d{{1,3}}(?:{SEPARATOR}\d{{3}})+(?!\d)|\d+)(?:\.\d+)?")


def numbers(text):
    """All numbers in the text, written without separators and without zeros at the end of decimals."""
    plain = [re.sub(SEPARATOR, "", found) for found in NUMBER.findall(text)]
    return [re.sub(r"\.?0+$", "", number) if "." in number else number for number in plain]


def large_numbers(text):
    """Numbers of four or more digits before the decimal point that are not years."""
    years = re.compile(r"(?<![\d.,}])(?:19|20)\d\d(?!\d|,\d|\{,|\.\d)")
    return [number for number in numbers(years.sub(" ", text)) if len(number.split(".")[0]) >= 4]


def has_working_links(notebook, path):
    """The first cell leads to Colab, the contents, and the notebooks before and after; relative links exist."""
    first = links(notebook.cells[0].source)
    complaints = [f"the first cell has no link to {target}" for target in navigation(path) - set(first)]
    for cell in notebook.cells:
        if rerun.stamp_text(cell.source, rerun.repository(), f"notebooks/{path.name}") != cell.source:
            complaints.append(f"{name(notebook, cell)} does not have the address of pyproject.toml; run tests/rerun.py")
    for cell in markdown_cells(notebook):
        for target in links(cell.source):
            if not re.match(r"[a-z]+:", target) and target and not (path.parent / target).exists():
                complaints.append(f"{name(notebook, cell)} links to {target}, which does not exist")
    return complaints


def links(source):
    """Targets of the links and images in Markdown, without their anchors."""
    found = re.findall(r"\]\(\s*([^)\s]+)|(?:href|src)=[\"']([^\"']+)", without_fences(source))
    return [(markdown or tag).split("#")[0] for markdown, tag in found]


def navigation(path):
    """The links that the first cell of the notebook `path` must have."""
    notebooks = sorted(path.parent.glob("*.ipynb"))
    place = notebooks.index(path)
    neighbours = notebooks[max(place - 1, 0) : place] + notebooks[place + 1 : place + 2]
    colab = rerun.colab_link(rerun.repository(), f"notebooks/{path.name}")
    return {colab, "../README.md", *(neighbour.name for neighbour in neighbours)}


def checks_all_exercises(notebook, path):
    """All questions of the notebook's exercise file are asked, and there are enough of them."""
    module = f"utils.exercises.{re.sub(r'^[0-9]+_', '', path.stem)}"
    try:
        questions = {key for key in vars(importlib.import_module(module)) if re.fullmatch(r"q\d+", key)}
    except ModuleNotFoundError:
        return [f"there is no {module}"]
    asked = {q for cell in code_cells(notebook) for q in re.findall(r"\bexercises\.(q\d+)\.check\(", cell.source)}
    complaints = [f"exercises.{q}.check( is missing" for q in sorted(questions - asked)]
    complaints += [f"{module} has no {q}" for q in sorted(asked - questions)]
    if len(questions) < MIN_EXERCISES:
        complaints.append(f"{module} has {len(questions)} questions, at least {MIN_EXERCISES} are needed")
    return complaints


def describes_its_pictures(notebook, path):
    """Every picture has a text for those who cannot see it."""
    complaints = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            for kind in set(IMAGES) & set(output.get("data", {})):
                alt = output.metadata.get(kind, {}).get("alt", "")
                if len(alt) < MIN_ALT:
                    complaints.append(f"{name(notebook, cell)} has a picture with the description {alt!r}")
    return complaints


def is_small(notebook, path):
    """Nobody waits for it, and git keeps every version."""
    size = path.stat().st_size
    return [f"the file has {size:,} bytes, at most {MAX_BYTES:,} are fine"] if size > MAX_BYTES else []


def has_no_machine_paths(notebook, path):
    """Nothing shows on whose machine the notebook was run."""
    complaints = []
    for cell in notebook.cells:
        shown = [cell.source]
        for output in cell.get("outputs", []):
            data = {kind: value for kind, value in output.get("data", {}).items() if kind not in IMAGES}
            shown += [json.dumps(data), output.get("text", ""), *output.get("traceback", [])]
        found = re.findall(r"(?<![\w.])/(?:home|work|tmp|root)/|(?<!\w)[A-Z]:\\+Users", "\n".join(shown))
        complaints += [f"{name(notebook, cell)} has the path {text}..." for text in sorted(set(found))]
    return complaints


def has_readable_outputs(notebook, path):
    """No objects as only Python sees them: addresses in memory, lists of lines, NumPy's wrapped numbers."""
    ugly = r"\bat 0x[0-9a-f]+|<matplotlib\.|<Axes|\bLine2D\b|\bnp\.(?:float|u?int|bool)\d*\(|\bnp\.(?:True|False)_"
    complaints = []
    for cell in code_cells(notebook):
        found = sorted({text for output in cell.outputs for text in re.findall(ugly, text_of(output))})
        complaints += [f"{name(notebook, cell)} shows {text!r}; print it, or end with plt.show()" for text in found]
    return complaints


def starts_quickly(notebook, path):
    """The setup cells of the first notebooks import neither TensorFlow nor Keras, which take many seconds."""
    if not re.match(r"0[1-4]_", path.name) or not code_cells(notebook):
        return []
    setup = code_cells(notebook)[0]
    heavy = imported_packages(setup.source) & {"tensorflow", "keras", "tensorflow_datasets"}
    return [f"{name(notebook, setup)} imports {package}" for package in sorted(heavy)]


def imported_packages(source):
    """Top-level names of the packages that a cell imports."""
    tree = ast.parse(TransformerManager().transform_cell(source))
    modules = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {module.split(".")[0] for module in modules}


def names_its_layers(notebook, path):
    """Keras numbers layers without a name in the order of their creation, so that running a cell twice renames them."""
    complaints = []
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(TransformerManager().transform_cell(cell.source))):
            if isinstance(node, ast.Call) and re.search(r"\blayers\.[A-Z]\w*$", ast.unparse(node.func)):
                given = {keyword.arg for keyword in node.keywords}
                if "name" not in given and not ast.unparse(node.func).endswith(".Input"):
                    complaints.append(f"{name(notebook, cell)} has a layer without a name: {ast.unparse(node)[:60]}")
    return complaints


def can_be_run_again(notebook, path):
    """A cell that reads a name does not find something else in it after a later section was run."""
    cells, section = [], 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            section += "##" in headings(cell.source)
        else:
            cells.append((section, cell, *bound_and_read(cell.source)))
    complaints = []
    for section, cell, bound, read in cells:
        for word in sorted(read - bound):
            again = [other for later, other, binds, _ in cells if later > section and word in binds]
            if again and any(word in binds for earlier, _, binds, _ in cells if earlier <= section):
                complaints.append(f"{name(notebook, cell)} reads {word!r}; {name(notebook, again[0])} binds it again")
    return complaints


def bound_and_read(source):
    """The names that a cell binds at its top level (imports aside), and those that it reads anywhere."""
    top = symtable.symtable(TransformerManager().transform_cell(source), "cell", "exec")
    bound = {s.get_name() for s in top.get_symbols() if (s.is_assigned() or s.is_namespace()) and not s.is_imported()}
    tables, read = [top], set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        read |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (table is top or s.is_global())}
    return bound, read


RULES = [
    was_executed,
    is_normalised,
    has_known_magics_only,
    has_one_title,
    has_short_cells,
    is_a_slide_show,
    prints_its_numbers,
    has_working_links,
    checks_all_exercises,
    describes_its_pictures,
    is_small,
    has_no_machine_paths,
    has_readable_outputs,
    starts_quickly,
    names_its_layers,
    can_be_run_again,
]
