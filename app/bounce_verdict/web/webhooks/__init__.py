"""Who may send webhooks: signing keys, secrets, and the certificates of SNS."""
