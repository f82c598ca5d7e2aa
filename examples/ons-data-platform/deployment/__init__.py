"""Creates the ONS data platform, one module for each of its parts."""
