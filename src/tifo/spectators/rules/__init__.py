"""What holds for files of a ticketing or a competition office, without a database."""
