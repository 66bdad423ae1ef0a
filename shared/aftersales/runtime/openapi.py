"""A service's OpenAPI page, with what the framework does not know: problem documents, and headers one must send."""

from typing import Any, Final

from fastapi import FastAPI

from aftersales.runtime.problems import MEDIA_TYPE

# The framework would answer 422 for a missing one, with a sentence of its own; so it is told that they may be left out.
MUST_SEND: Final = frozenset({"Idempotency-Key", "If-Match"})


def describe(app: FastAPI) -> None:
    """Call it last: routes that are added later are described as well."""
    framework = app.openapi

    def page() -> dict[str, Any]:
        if app.openapi_schema is None:
            for path in framework()["paths"].values():
                for operation in path.values():
                    _correct(operation)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = page  # type: ignore[method-assign]


def _correct(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if status >= "400" and "application/json" in content:
            content[MEDIA_TYPE] = content.pop("application/json")
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "header" and parameter["name"] in MUST_SEND:
            parameter["required"] = True
            parameter["schema"].pop("default", None)
