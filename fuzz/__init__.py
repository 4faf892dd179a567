"""Fuzzing: six targets, each a function of bytes, asked by libFuzzer (through atheris) what it pleases. README.md says how.

A finding is an exception that nobody documents, an answer that breaks an invariant (invariants.py), or a cost beyond a bound.
"""
