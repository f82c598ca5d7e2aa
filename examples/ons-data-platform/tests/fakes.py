"""Stand-ins for what the functions read from."""


class FakeFlags:
    def __init__(self, **values: bool):
        self._values = values

    def enabled(self, name: str) -> bool:
        return self._values.get(name, False)


class FakeStore:
    """A store with records in memory; `down` makes it fail as a dead one does."""

    backend = "fake"

    def __init__(self, records: dict[str, list[dict]] | None = None, down: Exception | None = None):
        self.records = records or {}
        self.down = down

    def check(self) -> dict:
        if self.down:
            raise self.down
        return {"tables": len(self.records)}

    def latest(self, dataset) -> list[dict]:
        self.check()
        return self.records.get(dataset.name, [])

    def write(self, dataset, records) -> int:
        self.check()
        self.records.setdefault(dataset.name, []).extend(records)
        return len(records)
