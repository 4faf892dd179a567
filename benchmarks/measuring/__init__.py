"""How it is measured and written down."""
