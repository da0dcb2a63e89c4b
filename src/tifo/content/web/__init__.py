"""The studio screens of content."""
