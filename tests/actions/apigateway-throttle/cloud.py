"""What `apigateway/throttle` meets."""

import holder


def canaries(canary):
    holder.stage_variable(canary)
