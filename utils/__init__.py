"""The small library that the course notebooks share."""

import os

from utils import quiet

# Without these settings TensorFlow reports on stderr what it finds, in front of the first result of a notebook.
quiet.install()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Of itself TensorFlow uses oneDNN's faster convolutions only on processors with instructions for neural networks. With
# AVX2 alone, as in many laptops, notebooks 07 and 08 take a quarter less time with them. They round differently.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# The networks are small. To spread an operation over all cores costs more than it saves: one thread of two takes a
# tenth to a fifth less processor time, and much less time while other programs run.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(max(1, (os.cpu_count() or 1) // 2)))
