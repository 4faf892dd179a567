"""The HTTP half: application.py has the routes in one list. Empty, so that a child for large bodies loads no web framework."""
