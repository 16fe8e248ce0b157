"""The API against its own OpenAPI document: whatever the document allows, no 5xx."""

import json
import os
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)

from gangso.workbench.app import bare_app, create_app
from gangso.workbench.office import Office
from tests.workbench.conftest import serving

# Cases an operation; more by hand: GANGSO_EXAMPLES=200 uv run pytest tests/workbench/api
EXAMPLES = int(os.environ.get("GANGSO_EXAMPLES", "3"))


@pytest.fixture(scope="module")
def url(office: Office) -> Iterator[str]:
    with serving(create_app(office)) as found:
        yield found


def operations(office: Office) -> list[tuple[str, str]]:
    document = bare_app(office).openapi()
    return [(path, method) for path, methods in document["paths"].items() for method in methods]


def test_whatever_the_document_allows_is_answered(url: str, office: Office) -> None:
    made = httpx.post(f"{url}/api/scenarios", json={"name": "x"}, timeout=120).json()
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json", timeout=60)
    jobs = office.jobs
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def ask(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            if "ident" in case.path_parameters:
                case.path_parameters["ident"] = made["id"]
            answer = case.call(timeout=120)
            assert answer.status_code < 500, (case.method, case.path, answer.status_code)
            try:
                case.validate_response(
                    answer,
                    checks=[
                        not_a_server_error,
                        status_code_conformance,
                        response_schema_conformance,
                    ],
                )
            except FailureGroup as failures:
                raise AssertionError(
                    json.dumps([str(f) for f in failures.exceptions])
                ) from failures

        ask()
        for job in jobs.all():
            jobs.cancel(job.id)
    assert asked >= len(operations(office))
