"""What is measured with: rulebooks, replies, mails, and other readers on PyPI."""
