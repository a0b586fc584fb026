"""Measurements that take longer than a test: the experiments of the notebooks over five seeds, and timings.

Nothing here runs with the tests. Each file says how to start it and what it prints.
"""
