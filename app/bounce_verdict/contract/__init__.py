"""What goes in and comes out as JSON, whoever carries it: requests and items read, answered, shortened, or refused with a problem."""
