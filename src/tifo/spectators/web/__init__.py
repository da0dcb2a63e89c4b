"""The screens of spectators."""
