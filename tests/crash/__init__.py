"""Kill anything anywhere: the tool of the matrix, and its fast part by named points."""
