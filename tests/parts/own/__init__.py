"""Parts as a user would write them, one file each; they are loaded by their paths."""
