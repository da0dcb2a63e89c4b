"""`python -m tifo` is the `tifo` command."""

from tifo.server.cli import main

main()
