"""How the documentation is built: `uv run sphinx-build -W docs build/site`, without a network."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "gangso"
author = "The gangso developers"
project_copyright = "2026, the gangso developers"
release = version = installed("gangso")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "numpydoc",
    "generated",
    "mathml",
]
exclude_patterns = ["_ext", "reference/generated/*.part.md"]
language = "en"
default_role = "code"
nitpicky = False

# The notebooks are committed as they were executed; tests/docs/test_notebooks.py executes them
# again and compares, so that building the pages takes seconds.
nb_execution_mode = "off"
nb_mime_priority_overrides = [("html", "text/plain", 100)]
myst_enable_extensions = ["deflist", "dollarmath", "fieldlist"]
myst_url_schemes = {
    "https": None,
    "mailto": None,
    "doi": {"url": "https://doi.org/{{path}}", "title": "doi:{{path}}"},
}
myst_heading_anchors = 4

autodoc_typehints = "none"  # the docstrings say it in words
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False

html_theme = "furo"
html_title = f"gangso {release}"
html_static_path = ["_static"]
html_css_files = ["gangso.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"
