"""The tests, a file for each module, those of utils.models and utils.plots in folders; helpers.py holds what several files share."""

import pytest

pytest.register_assert_rewrite("tests.helpers", "tests.networks")  # so that a failure shows the values there, too
