"""Ingest: a region's extracts in, clean and pseudonymous tables out; what is wrong goes to quarantine, never away."""

from pipeline.ingest.deliveries import files_of, newest_delivery
from pipeline.ingest.night import TABLES, run
from pipeline.ingest.report import FileReport, IngestReport

__all__ = ["TABLES", "FileReport", "IngestReport", "files_of", "newest_delivery", "run"]
