"""What `lambda/environment` meets."""

import holder


def canaries(canary):
    holder.functions(canary)
