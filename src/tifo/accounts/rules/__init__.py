"""What holds without a database: how the trail is chained, what an API key looks like."""
