"""Files that hold many replies or bounces, cut into their records; and the columns that an answer adds to a record's own. Pure."""
