"""One module per source: its tables first, then `read`, a payload → the events in it."""
