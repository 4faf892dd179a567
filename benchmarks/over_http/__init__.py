"""Servers to measure, and clients that cost less than they do."""
