"""Step 1: bytes → parts. What a message is made of, as text, whatever its charset, encoding or damage."""
