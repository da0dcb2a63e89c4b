"""The pages of points: hers, and the ledger of a fan in the studio."""
