"""The language itself, without Django: read, check, write, compile, evaluate."""
