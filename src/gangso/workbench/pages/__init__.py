"""The pages that the planner sees: NiceGUI for the live connection, templates for the rest.

``shell`` lays out the page; ``desk`` holds what one open page stands on and renders its
regions from ``templates/``; ``actions`` and ``dialogs`` do what is asked; ``view_*`` put
results into words; ``map.js`` and ``live.js`` are all there is in the browser.
"""

from gangso.workbench.pages.shell import add_pages

__all__ = ["add_pages"]
