"""The committed rows of the table: the contract file, its lines, and in what a run differs from it."""
