"""The workbench: scenarios moved, proved again, kept and compared; on pages and over an API."""
