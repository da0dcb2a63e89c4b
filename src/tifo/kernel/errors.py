"""The one error that people read."""


class Refused(Exception):  # noqa: N818  it names what happened, and reads so where it is raised
    """Something a person asked for can't be done; the message says what, where, and the mend."""
