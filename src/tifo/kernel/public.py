"""The door of the kernel."""

from tifo.kernel.errors import Refused

__all__ = ["Refused"]
