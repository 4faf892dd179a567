"""Reads bounces: a reply line or a bounce message in, one verdict per recipient with its evidence out."""

__version__ = "0.1.0"
