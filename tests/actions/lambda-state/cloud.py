"""What `lambda/state` meets."""

import holder


def canaries(canary):
    holder.functions(canary)
