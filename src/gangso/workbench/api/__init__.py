"""The REST API, ``/api/...``, with its OpenAPI document at ``/api/openapi.json``."""

from gangso.workbench.api.routes import add_api

__all__ = ["add_api"]
