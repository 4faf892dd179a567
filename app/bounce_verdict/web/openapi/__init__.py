"""The contract: what the routes say of themselves, the document made of it, and the page that shows it."""
