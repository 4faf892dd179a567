"""Notices that no layout knows: what is beyond doubt in their text, and the sentences that may say more."""
