"""Answers in words, from everything that the platform has on a question."""

import os

from onsdata import datasets, questions


def respond(store, question: str) -> dict:
    """Retrieves the newest records of the datasets, the one the question is about first, and tells what they say.

    MAX_SOURCES (default 3) limits how many datasets are read.
    """
    about = questions.dataset_of(question)
    order = [about] + [dataset for dataset in datasets.BY_NAME.values() if dataset is not about]
    sources = [(dataset, store.latest(dataset)) for dataset in order[: int(os.environ.get("MAX_SOURCES", "3"))]]
    return {
        "answer": " ".join(questions.summary(dataset, records) for dataset, records in sources if records or dataset is about),
        "sources": [{"dataset": dataset.name, "records": len(records)} for dataset, records in sources],
    }
