"""What is there before `http/health` is tried."""

import urllib.error
import urllib.request


def matrix(platform):
    """The first request of an API makes its log group."""
    try:
        urllib.request.urlopen(f"{platform['url']}/health").close()
    except urllib.error.HTTPError as answer:
        answer.close()
