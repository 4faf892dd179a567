"""A CRM's export, enriched: for each row with a `reply`, the verdict, the reason and what to do about the address.

usage: enrich_csv.py <contacts.csv >enriched.csv
"""

import csv
import sys

from bounce_verdict import Classifier

classifier = Classifier()
rows = csv.DictReader(sys.stdin)
enriched = csv.DictWriter(sys.stdout, [*(rows.fieldnames or ()), "verdict", "reason", "suppress", "explanation"])
enriched.writeheader()
for row in rows:
    if row["reply"]:
        answer = classifier.reply(row["reply"], recipient=row.get("email") or None)
        row |= {name: getattr(answer, name) for name in ("verdict", "reason", "suppress", "explanation")}
    enriched.writerow(row)
