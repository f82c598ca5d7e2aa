"""The rollback as a story on a terminal, one module for each of its parts."""
