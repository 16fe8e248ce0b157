"""What several tests of the pages look at."""

from typing import Any

# The control with the focus must be seen: an outline of its own, or its label's.
_SEEN = """() => {
  const at = document.activeElement;
  const label = at.id && document.querySelector(`label.file[for="${at.id}"]`);
  const style = getComputedStyle(label || at), box = (label || at).getBoundingClientRect();
  return parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none" && box.width > 4
    && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
}"""


def accessible(page: Any) -> None:
    """Find nothing serious; the map's own drawing is for the eye, its list is its twin."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    grave = [
        (v["id"], [n["html"][:120] for n in v["nodes"][:3]])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert grave == []


def focused(page: Any) -> str:
    """Return the id of what has the focus, which must be seen."""
    assert page.evaluate(_SEEN), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    return str(page.evaluate("document.activeElement.id"))


def tab_to(page: Any, ident: str, key: str = "Tab", most: int = 60) -> None:
    """Walk to a control by the tab key alone."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate("document.activeElement.id") == ident:
            focused(page)
            return
    raise AssertionError(f"{ident} is not reached by {key}")
