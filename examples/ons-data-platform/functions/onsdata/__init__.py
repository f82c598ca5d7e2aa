"""Code that the platform's functions share; packed into their zips next to `handler.py`."""
