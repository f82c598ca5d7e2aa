"""What `apigateway/integration` meets."""

import holder


def canaries(canary):
    holder.stage_variable(canary)
    holder.functions(canary)
