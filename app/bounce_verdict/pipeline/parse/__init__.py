"""Step 2: what a message or a reply says. A reply is read in reply/; of a message `pipeline/read_statuses.py` asks each reader here."""
