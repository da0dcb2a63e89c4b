"""Which system calls count: those that change a file or touch a socket, by number for this machine's kind."""

import platform

_NUMBERS = {
    "x86_64": {
        0: "read", 1: "write", 18: "pwrite64", 20: "writev", 40: "sendfile", 42: "connect", 43: "accept", 44: "sendto",
        45: "recvfrom", 46: "sendmsg", 47: "recvmsg", 48: "shutdown", 74: "fsync", 75: "fdatasync", 76: "truncate",
        77: "ftruncate", 82: "rename", 83: "mkdir", 84: "rmdir", 86: "link", 87: "unlink", 257: "openat",
        258: "mkdirat", 263: "unlinkat", 264: "renameat", 265: "linkat", 285: "fallocate", 288: "accept4",
        296: "pwritev", 316: "renameat2", 326: "copy_file_range",
    },
    "aarch64": {
        34: "mkdirat", 35: "unlinkat", 37: "linkat", 38: "renameat", 45: "truncate", 46: "ftruncate", 47: "fallocate",
        56: "openat", 63: "read", 64: "write", 66: "writev", 68: "pwrite64", 70: "pwritev", 71: "sendfile",
        82: "fsync", 83: "fdatasync", 202: "accept", 203: "connect", 206: "sendto", 207: "recvfrom", 210: "shutdown",
        211: "sendmsg", 212: "recvmsg", 242: "accept4", 276: "renameat2", 285: "copy_file_range",
    },
}  # fmt: skip

# Where the descriptor stands, where it is not the first argument.
DESCRIPTOR = {"copy_file_range": 2}
# Where the path stands that the call makes, moves or removes.
PATH = {
    "truncate": 0, "rename": 0, "mkdir": 0, "rmdir": 0, "link": 1, "unlink": 0, "openat": 1, "mkdirat": 1,
    "unlinkat": 1, "renameat": 1, "renameat2": 1, "linkat": 3,
}  # fmt: skip
READS = {
    "read"
}  # of a file it changes nothing: the base is as the call before left it; of a socket it counts
SENDS = {"write", "writev", "sendto", "sendmsg"}
CREATES = 0o100 | 0o1000  # O_CREAT, O_TRUNC


def known() -> dict[int, str]:
    """Number → name on this machine; empty where it is not known."""
    return _NUMBERS.get(platform.machine(), {})
