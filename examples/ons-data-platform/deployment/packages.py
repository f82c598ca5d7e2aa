"""Function packages: zips with the same bytes, and so the same hash, each time they are built."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

FUNCTIONS = Path(__file__).resolve().parent.parent / "functions"

COMMON = ("__init__", "errors", "datasets")
QUERY = (*COMMON, "flags", "http_api", "questions", "query_service")
LOAD = (*COMMON, "load_service")


@dataclass(frozen=True)
class Package:
    """A handler (a folder below `functions/`) and the shared modules that go with it: a package has no code for a store it does not use."""

    folder: str
    shared: tuple[str, ...]

    def build(self) -> bytes:
        files = {"handler.py": FUNCTIONS / self.folder / "handler.py"}
        files |= {f"onsdata/{module}.py": FUNCTIONS / "onsdata" / f"{module}.py" for module in self.shared}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, files[name].read_bytes())
        return buffer.getvalue()


INFLUXDB_LOADER = Package("influxdb_loader/influxdb", (*LOAD, "influxdb_store"))
TIMESTREAM_LOADER = Package("influxdb_loader/timestream", (*LOAD, "timestream_store"))
INFLUXDB_QUERY = Package("query_processor/influxdb", (*QUERY, "influxdb_store"))
TIMESTREAM_QUERY = Package("query_processor/timestream", (*QUERY, "timestream_store"))
INFLUXDB_RAG = Package("rag_query_processor/influxdb", (*QUERY, "rag", "influxdb_store"))
TIMESTREAM_RAG = Package("rag_query_processor/timestream", (*QUERY, "rag", "timestream_store"))
ROUTER = Package("lambda_router/current", ())
STRUCTURED_DATA = Package("structured_data_processor/current", LOAD)
HEALTH = Package("platform_health/current", ("__init__", "flags", "http_api"))

# What the bucket keeps of the time before the migration, by key.
ROLLBACK = {
    "rollback-versions/timestream_loader-v5.zip": TIMESTREAM_LOADER,
    "rollback-versions/timestream_query_processor-v3.zip": TIMESTREAM_QUERY,
    "rollback-versions/rag_query_processor-v4.zip": TIMESTREAM_RAG,
}
