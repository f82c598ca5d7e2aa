"""The three datasets that the platform keeps, and how a record of each looks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dataset:
    """One table (Timestream) or measurement (InfluxDB).

    A record is a dict: `time` (ISO 8601, UTC), one string for each of `dimensions`, a number for `measure` (megawatts).
    """

    name: str
    table_variable: str
    dimensions: tuple[str, ...]
    measure: str
    # What tells one record of a time from the others, in words.
    label: str


GENERATION = Dataset("generation", "GENERATION_TABLE_NAME", ("region", "energy_source"), "generation_mw", "{energy_source} in {region}")
CONSUMPTION = Dataset("consumption", "CONSUMPTION_TABLE_NAME", ("region", "sector"), "consumption_mw", "{sector} in {region}")
TRANSMISSION = Dataset("transmission", "TRANSMISSION_TABLE_NAME", ("from_region", "to_region"), "flow_mw", "{from_region} to {to_region}")

BY_NAME = {dataset.name: dataset for dataset in (GENERATION, CONSUMPTION, TRANSMISSION)}


def of_key(key: str) -> Dataset:
    """The dataset that an object belongs to, from the `dataset=<name>/` part of its key.

    Raises ValueError for a key without one, or of an unknown dataset.
    """
    for part in key.split("/"):
        name, _, value = part.partition("=")
        if name == "dataset" and value in BY_NAME:
            return BY_NAME[value]
    raise ValueError(f"object key {key!r} has no dataset=<{'|'.join(BY_NAME)}>/ part")
