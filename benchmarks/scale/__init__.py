"""What docs/scale.md rests on: a queue under a burst, and what an archive costs by the row."""
