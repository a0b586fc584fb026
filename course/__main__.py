"""The front door for those who maintain or teach the course.

From the root of the repository:

    python -m course run 05            run notebook 05 and save it with its outputs
    python -m course check             check all notebooks against the rules
    python -m course address           write the address of the git remote into all links
    python -m course book              make a book for the browser in published/site/book
    python -m course slides            make slides that need no network, in published/site/slides
    python -m course handouts          make hand-outs for students and for instructors
    python -m course assignment 02     make a graded assignment from the exercises of notebook 02
    python -m course publish           make all publications
    python -m course run --help        say more about a command

A notebook is named by its number, such as 05, or its path; without a name all notebooks are meant.
"""

import argparse
import sys

from course import address, assignment, book, check, handouts, publish, run, slides
from course.publishing.folder import CannotPublish

# Each is a module: its docstring explains the command, `add_arguments` declares its options, and `main` carries it
# out and returns the exit status. To add a command, write such a module and name it here.
COMMANDS = (run, check, address, book, slides, handouts, assignment, publish)


def main(arguments=None):
    """Carry out the command that the arguments name; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m course", description=__doc__, formatter_class=AsWritten)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in COMMANDS:
        name, summary = module.__name__.rsplit(".", 1)[-1], module.__doc__.splitlines()[0]
        command = commands.add_parser(name, help=summary, description=module.__doc__, formatter_class=AsWritten)
        module.add_arguments(command)
        command.set_defaults(main=module.main)
    options = parser.parse_args(arguments)
    try:
        return options.main(options)
    except CannotPublish as refusal:
        print(refusal, file=sys.stderr)
        return 1


AsWritten = argparse.RawDescriptionHelpFormatter  # keeps the line breaks of the docstrings

if __name__ == "__main__":
    sys.exit(main())
