"""What content knows without a database: tags, texts, the frame, weaving, checks."""
