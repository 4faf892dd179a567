"""NDJSON batches: lines in, one answer a line out, in order, while the body is still arriving."""
