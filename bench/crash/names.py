"""The names of the processes of the matrix, in the order of its table."""

NAMES = [
    "sender", "sender (BDAT)", "planner", "importer", "hit writer", "hit loader", "lake writer", "lake writer (rebuild)",
]  # fmt: skip

STORIES = ["killed", "lost", "no database", "no mail server", "stopped"]
