"""A whole base from one database into another, into a backup, or into files that anybody can read."""
