"""Scanned sheets: files are opened and marks read in child processes; what was read becomes answers and doubtful places."""
