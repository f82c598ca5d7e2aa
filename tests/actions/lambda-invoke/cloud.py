"""What is there before `lambda/invoke` is tried, and what it meets."""

import holder


def canaries(canary):
    holder.functions(canary)


def matrix(_):
    holder.invoked("timestream_query_processor")
