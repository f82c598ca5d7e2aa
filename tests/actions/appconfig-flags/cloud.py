"""What `appconfig/flags` meets."""

import holder


def canaries(canary):
    holder.flags(canary)
