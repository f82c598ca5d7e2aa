"""From a question in words to the data that answers it."""

from onsdata.datasets import CONSUMPTION, GENERATION, TRANSMISSION, Dataset

WORDS = {
    CONSUMPTION: ("consumption", "consume", "demand", "usage"),
    TRANSMISSION: ("transmission", "flow", "interconnector", "import", "export"),
}


def dataset_of(question: str) -> Dataset:
    """The dataset that a question is about; generation unless its words say otherwise."""
    lowered = question.lower()
    for dataset, words in WORDS.items():
        if any(word in lowered for word in words):
            return dataset
    return GENERATION


def summary(dataset: Dataset, records: list[dict]) -> str:
    """One sentence about records of one time."""
    if not records:
        return f"There is no {dataset.name} data of the last day."
    total = sum(record[dataset.measure] for record in records)
    parts = ", ".join(
        f"{dataset.label.format(**record)} {record[dataset.measure]:,.0f} MW"
        for record in sorted(records, key=lambda record: -record[dataset.measure])
    )
    return f"{dataset.name.capitalize()} at {records[0]['time']}: {total:,.0f} MW ({parts})."
