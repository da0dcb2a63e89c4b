"""Pure: what the independent verifier says, and a draw on paper."""
