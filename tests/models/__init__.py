"""The tests of utils.models."""
