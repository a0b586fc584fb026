"""The small library that the course notebooks share."""

import os

# TensorFlow reports its CPU features on stderr at import, in front of the first result of a notebook.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
