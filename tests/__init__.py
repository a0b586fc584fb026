"""The tests: a file for each module, folders for utils.models and utils.plots; helpers.py holds what files share."""

import pytest

pytest.register_assert_rewrite("tests.helpers", "tests.networks")  # so that a failure shows the values there, too
