"""The crash matrix: every process that writes killed at every system call it makes on files and sockets."""
