"""The small library that the course notebooks share."""

import os

# TensorFlow reports its CPU features on stderr at import, in front of the first result of a notebook.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The networks are small. To spread an operation over all cores costs more than it saves: one thread of two takes a
# tenth to a fifth less processor time, and much less time while other programs run.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(max(1, (os.cpu_count() or 1) // 2)))
