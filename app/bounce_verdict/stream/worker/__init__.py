"""`bounces work`: takes items from a stream, answers them, and acknowledges each once its answers are stored."""
