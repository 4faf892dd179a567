"""A request before it is judged: its body, decompressed and bounded, its parameters, and what they ask for."""
