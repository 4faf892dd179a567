"""How fast, how large, how it grows: `make bench`. The list of what is measured stands in __main__.py."""
