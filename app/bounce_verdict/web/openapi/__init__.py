"""The contract: what the routes say of themselves, and the document made of it."""
