"""The page for people: what was pasted is read, answered and shown. templates/ and assets/ hold what a browser gets, words.json what the page says."""
