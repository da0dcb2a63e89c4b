"""Ways out, each behind delivery/ports.py."""
