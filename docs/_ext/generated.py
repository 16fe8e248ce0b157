"""Pages that are made of the program itself, so that they cannot say anything else than it does.

Commands are read from the command line's own definition, options from the models of the scenario,
tables from the data dictionary, faults from the catalogue of texts, the library from `__all__`
and the docstrings. The pages are written into `reference/generated/` before Sphinx reads them.
"""

import csv
import os
import types
import typing
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from sphinx.application import Sphinx

os.environ["GANGSO_LANG"] = "en"  # before the command line is imported: help is in English

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from gangso.cli.app import app as command_line
from gangso.scenario import Scenario
from gangso.territory.dictionary import KEYS, REQUIRED_TABLES, TABLES, attributes
from gangso.texts import catalogue

#: Packages of the library by what they are for; the names are those of their ``__all__``.
LIBRARY = {
    "gangso.territory": "Territory",
    "gangso.scenario": "Scenario",
    "gangso.diagnosis": "Diagnosis",
    "gangso.projection": "Projection",
    "gangso.services": "Services",
    "gangso.alliances": "Alliances",
    "gangso.bases": "Bases",
    "gangso.compact": "Compact",
    "gangso.evaluation": "Evaluation",
    "gangso.opening": "Opening a scenario",
    "gangso.planning": "Planning",
    "gangso.monitor": "Monitor",
    "gangso.report": "Report",
    "gangso.engine": "Engine",
    "gangso.errors": "Errors",
    "gangso.texts": "Texts",
}


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ").strip()


def _table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    names = list(header)
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield "| " + " | ".join(_cell(value) for value in row) + " |"
    yield ""


def commands() -> Iterator[str]:
    """Write the reference of the command line."""
    yield "# Commands\n"
    yield (
        "Made from the program's own help (`gangso COMMAND --help`; in Korean: `GANGSO_LANG=ko`)."
        " Exit codes: 0 done; 1 no plan satisfies every requirement, or a proof does not hold;"
        " 2 bad input; 130 interrupted.\n"
    )
    root = typer.main.get_command(command_line)
    for name, command in root.commands.items():
        yield f"## gangso {name}\n"
        yield f"{command.help}\n"
        context = command.make_context(f"gangso {name}", [], resilient_parsing=True)
        usage = " ".join(command.collect_usage_pieces(context))
        usage = usage.replace("[[", "[").replace("]]", "]")
        yield f"**Usage:** `gangso {name} {usage}`\n"
        yield from _table(("", "meaning", "default"), map(_parameter, command.params))


def _parameter(parameter: Any) -> tuple[str, str, str]:
    argument = parameter.param_type_name == "argument"
    names = [parameter.metavar] if argument else [*parameter.opts, *parameter.secondary_opts]
    default = parameter.default
    shown = "" if default in (None, False, (), []) or callable(default) else f"`{default}`"
    if isinstance(default, Path) and default.is_absolute():
        shown = "the user's own application folder"
    extra = f" (environment: `{parameter.envvar}`)" if parameter.envvar else ""
    return ", ".join(f"`{n}`" for n in names), f"{parameter.help or ''}{extra}", shown


def _type(annotation: Any) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is type(None):
        return "none"
    if origin is typing.Annotated:
        return _type(inner[0])
    if origin is Literal:
        return " \\| ".join(f"`{value}`" for value in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(_type, inner))
    if origin is tuple:
        if inner[-1] is ...:
            return f"list of {_type(inner[0])}"
        return f"[{', '.join(map(_type, inner))}]"
    if origin is dict:
        return f"mapping of {_type(inner[0])} to {_type(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    names = {str: "text", int: "integer", float: "number", bool: "true or false", Any: "anything"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _models(inner)


_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥"}


def _option(name: str, field: Any) -> tuple[str, str, str, str]:
    bounds = [
        f"{sign} {getattr(part, key)}"
        for part in field.metadata
        for key, sign in _BOUNDS.items()
        if getattr(part, key, None) is not None
    ]
    if field.is_required():
        default = "**required**"
    else:
        value = field.get_default(call_default_factory=True)
        if value is PydanticUndefined or isinstance(value, BaseModel):
            default = "see there"
        elif value is None or value in ((), {}):
            default = "none"
        else:
            default = f"`{_plain(value)}`"
    kind = _type(field.annotation) + (f" ({', '.join(bounds)})" if bounds else "")
    return f"`{name}`", kind, default, field.description or ""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_plain(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(str(_plain(v)) for v in value) + "]"
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(exclude_defaults=True))
    return str(value).lower() if isinstance(value, bool) else value


def scenario() -> Iterator[str]:
    """Write the reference of the scenario's options."""
    yield "# Scenario options\n"
    yield (
        "A scenario is a YAML file that names only what differs. Three layers lie over each other:"
        " the defaults below, the scenario that the territory package carries (for Korea its"
        " thresholds, standards and studies), and your file. A mapping is merged key by key, a list"
        " or a value replaces what lies below. An unknown key is a fault. `scenario.yaml` in the"
        " folder of a plan shows every option with the value that held.\n"
    )
    seen: list[type[BaseModel]] = [Scenario]
    for model in seen:  # it grows while it is read: models that options lead to
        doc = (model.__doc__ or "").replace("``", "`")
        yield f"({model.__name__.lower()})=\n## {model.__name__}\n"
        yield "\n".join(line.strip() for line in doc.splitlines()) + "\n"
        fields = model.model_fields
        yield from _table(
            ("option", "type", "default", "meaning"), (_option(n, f) for n, f in fields.items())
        )
        for field in fields.values():
            seen.extend(m for m in _models(field.annotation) if m not in seen)


def _yes(value: bool) -> str:
    return "yes" if value else ""


def dictionary() -> Iterator[str]:
    """Write the data dictionary of a territory package."""
    yield "# Tables of a territory package\n"
    yield (
        "A package is a folder or a zip with `datapackage.json` (name, languages, currency,"
        " sources, licences) and tables as CSV or Parquet; boundaries as GeoPackage, GeoParquet,"
        " FlatGeobuf or GeoJSON. `gangso check` holds a package against this dictionary, and"
        " `gangso new` writes one. *municipality* is a code of the table of municipalities;"
        " *municipalities* several, separated by `|`; *flow_zone* a code or a flow zone.\n"
    )
    for name in TABLES:
        needed = "required" if name in REQUIRED_TABLES else "optional"
        yield f"## {name}\n"
        key = ", ".join(f"`{column}`" for column in KEYS.get(name, ()))
        yield f"{needed.capitalize()}." + (f" May stand once: {key}.\n" if key else "\n")
        rows = (
            (f"`{a.name}`", f"`{a.type}`", a.unit, _yes(a.required), a.default, a.description)
            for a in attributes(name)
        )
        yield from _table(("column", "type", "unit", "required", "in its place", "meaning"), rows)


def plan_tables() -> Iterator[str]:
    """Write what the tables of a plan hold; tests/docs/test_pages.py holds it against one."""
    yield "# Tables of a plan\n"
    yield (
        "Every figure of a plan is in `plan/tables/`, as Parquet and as CSV. Columns are those of"
        " the default plan of Korea: a criterion, a service or a standard that a scenario adds"
        " brings columns of its own, and tables whose data a territory lacks are left out. Codes in"
        " one cell are joined by `|`; `_ko` and `_en` are the same in two languages; costs are in"
        " cost units (1: one municipality as badly off as can be) or in the package's currency;"
        " shares in [0, 1] unless `_pct`. The result classes say more, domain by domain.\n"
    )
    with (Path(__file__).parents[1] / "reference" / "plan-tables.csv").open(
        encoding="utf-8"
    ) as file:
        rows = list(csv.DictReader(file))
    yield from _table(
        ("table", "one row is", "key", "further columns"),
        ((f"`{r['table']}`", r["row"], _codes(r["key"]), _codes(r["columns"])) for r in rows),
    )


def _codes(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split())


def faults() -> Iterator[str]:
    """Write what can be wrong with the input, and what mends it."""
    yield "# Faults\n"
    yield (
        "What is wrong with a package, a mapping or a scenario is reported at once, every fault"
        " with table, row, column, value and the fix (exit code 2; `gangso.errors.Fault`). Words in"
        " braces are filled in.\n"
    )
    texts = catalogue()
    kinds = sorted(key.removeprefix("fault.") for key in texts if key.startswith("fault."))
    yield from _table(
        ("kind", "what is wrong", "what mends it"),
        ((f"`{k}`", texts[f"fault.{k}"]["en"], texts[f"fix.{k}"]["en"]) for k in kinds),
    )


def package(name: str, title: str) -> Iterator[str]:
    """Write the reference of one package from its docstrings."""
    module = import_module(name)
    yield f"# {title}: `{name}`\n"
    yield "```{eval-rst}"
    yield f".. automodule:: {name}\n   :no-members:\n"
    for public in module.__all__:
        found = getattr(module, public)
        if isinstance(found, type):
            yield f".. autoclass:: {name}.{public}\n   :members:\n"
            if issubclass(found, BaseModel):
                yield "   :exclude-members: model_config, model_post_init\n"
        elif callable(found):
            yield f".. autofunction:: {name}.{public}\n"
        else:
            yield f".. autodata:: {name}.{public}\n   :no-value:\n"
    yield "```"


def front() -> Iterator[str]:
    """Write which names `import gangso` offers, and where each is described."""
    import gangso

    yield "# The names of `import gangso`\n"
    rows = []
    for name in gangso.__all__:
        found = getattr(gangso, name)
        home = gangso._HOME[name]
        role = "class" if isinstance(found, type) else "func"
        first = (found.__doc__ or "").strip().splitlines()[0]
        rows.append((f"{{py:{role}}}`gangso.{name} <{home}.{name}>`", first.replace("`", "")))
    yield from _table(("name", "what it is"), rows)


def pages() -> dict[str, str]:
    """Make all pages, by the name of their file."""
    made = {
        "commands": commands(),
        "scenario": scenario(),
        "tables": dictionary(),
        "plan-tables": plan_tables(),
        "faults": faults(),
        "gangso": front(),
    }
    made |= {name.partition(".")[2]: package(name, title) for name, title in LIBRARY.items()
             if name != "gangso.scenario"}  # fmt: skip
    return {name: "\n".join(lines) + "\n" for name, lines in made.items()}


def _write(app: Sphinx) -> None:
    folder = Path(app.srcdir) / "reference" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before Sphinx looks for its sources."""
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
