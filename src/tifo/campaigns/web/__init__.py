"""The studio's campaigns."""
