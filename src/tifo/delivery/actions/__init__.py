"""What delivery does: each write one verb, one transaction."""
