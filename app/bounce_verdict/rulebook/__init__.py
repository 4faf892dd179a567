"""The files under rules/ → Rulebook, checked; every error is file:line. The one place where rules files are read."""
