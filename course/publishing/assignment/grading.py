"""Grade all that was handed in: collect the answers, judge them, write the table and the pages."""

import functools
import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from course.publishing.assignment import notebook, report, submission, verdict
from course.publishing.assignment.collect import SECONDS, check_out_of_reach, collect
from course.publishing.folder import CannotPublish, need, whole


def grade(path, key, handed_in, folder, confined=True, seconds=SECONDS):
    """Grade what was handed in for the assignment of a notebook, and write the table and the pages.

    Args:
        path: The notebook of the lecture.
        key: The file with the numbers of each student's questions.
        handed_in: The folder with what was handed in.
        folder: The folder to write.
        confined: Whether to refuse where nothing keeps students' code from the key.
        seconds: How long a cell may take.

    Raises:
        CannotPublish: If there is nothing to grade, or no safe way to do it.
    """
    try:
        students = json.loads(key.read_text(encoding="utf-8"))["students"]
    except (OSError, ValueError, LookupError) as error:
        raise CannotPublish(f"there is no key {key}: make the assignment first, with the same --seed") from error
    need("mistune", "math_core")
    if confined:
        check_out_of_reach(key, handed_in, folder)
    handed = submission.find(handed_in, path.name, () if "" in students else students)
    assignments = [Assignment(path, one.student, students.get(one.student, students.get(""))) for one in handed]
    rows = []
    with ThreadPoolExecutor(os.cpu_count()) as pool, whole(folder) as new:
        (new / "feedback").mkdir()
        collected = pool.map(functools.partial(answers_of, confined=confined, seconds=seconds), handed, assignments)
        for one, assignment, answers in zip(handed, assignments, collected):
            results = answers if isinstance(answers, str) else assignment.judge(answers)
            rows += assignment.rows(results)
            page = report.page(f"Assignment {path.stem[:2]}", one.student, results, len(assignment.questions))
            (new / "feedback" / f"{one.student}.html").write_text(page, encoding="utf-8", errors="replace")
            print(f"{one.student}: {assignment.in_brief(results)}", flush=True)
        listed = [one.student for one in assignments if one.questions]
        report.write_table(rows, new / "points.csv")
        report.write_table(report.totals(rows, listed), new / "totals.csv", report.TOTALS)
    print(f"points: {folder / 'points.csv'}\ntotals: {folder / 'totals.csv'}\nfeedback: {folder / 'feedback'}")


class Assignment:
    """The assignment of one student.

    Args:
        path: The notebook of the lecture.
        student: The name.
        drawn: The numbers of each question, by the names of the exercises; None for somebody who is not on the list.
    """

    def __init__(self, path, student, drawn):
        self.path, self.student, self.questions = path, student, notebook.asked(path, drawn or {})

    def cells(self, submitted):
        """Prepare the code cells of a submission to be run.

        Args:
            submitted: Pairs (grade id or None, source).

        Returns:
            Cells for `collect`, and for each question whose cell is missing or doubled what is wrong with it.
        """
        count = Counter(identity for identity, _ in submitted)
        complaints = {
            name: verdict.TWICE if count[f"answer_{name}"] else verdict.MISSING
            for name in self.questions
            if count[f"answer_{name}"] != 1
        }
        cells = []
        for identity, source in submitted:
            cell = {"source": notebook.SETUP if identity == "setup" else source}
            name = (identity or "").removeprefix("answer_")
            if identity == f"answer_{name}" and name in self.questions and name not in complaints:
                question = self.questions[name]
                calls = verdict.arguments(question.exercise)
                cell |= {"question": name, "variable": question.variable, "calls": calls}
            cells.append(cell)
        return cells, complaints

    def judge(self, answers):
        """Return a `report.Result` for each question."""
        records, complaints, sources = answers
        results = []
        for name, question in self.questions.items():
            record = records.get(name)
            points, feedback = verdict.judge(question.exercise, question.variable, record)
            if name in complaints:
                points, feedback = 0, complaints[name]
            data = question.data().strip()
            text = f"{question.text}\n\n```\n{data}\n```" if data else question.text
            number, code = notebook.number(self.path, name), sources.get(name, "")
            results.append(report.Result(number, text, record, points, feedback, code))
        return results

    def rows(self, results):
        """Return the rows of the table: one for each question, or a single one if nothing could be graded."""
        if isinstance(results, str):
            return [(self.student, "", 0, len(self.questions), results)]
        return [(self.student, place, one.points, 1, one.feedback) for place, one in enumerate(results, start=1)]

    def in_brief(self, results):
        """Return the result as a short text."""
        if isinstance(results, str):
            return results
        return f"{sum(one.points for one in results)} of {len(results)}"


def answers_of(handed, assignment, confined, seconds):
    """Run what one student handed in.

    Returns:
        What was reported for each question, what is wrong with cells, and the code of each answer, three dicts by the
        names of the exercises; or a text if nothing can be graded.
    """
    if handed.complaint:
        return handed.complaint
    try:
        submitted = submission.code_cells(handed.path)
    except submission.Unreadable as error:
        return str(error)
    if (owner := submission.owner(handed.path)) not in (None, "", handed.student):
        return f"this is the notebook of {owner}"
    cells, complaints = assignment.cells(submitted)
    if len(complaints) == len(assignment.questions):
        return "this is another notebook: it has none of the cells for the answers"
    sources = {cell["question"]: cell["source"] for cell in cells if "question" in cell}
    return collect(cells, confined, seconds), complaints, sources
