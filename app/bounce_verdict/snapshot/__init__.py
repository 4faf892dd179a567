"""A checked rulebook with its compiled patterns, as a file: made by a process of its own, loaded by every worker."""
