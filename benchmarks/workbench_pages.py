"""How long a planner waits at the page: until the first map, and for a lock; in the browser.

Run ``uv run gangso serve --port 8531`` and then ``uv run benchmarks/workbench_pages.py 8531``.
The clock runs in the browser: from the start of the navigation to the map's first idle event,
and from the click on a lock to the idle event of the map that shows the new plan.
"""

from __future__ import annotations

import shutil
import statistics
import sys
from typing import Any

from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
LOCKS = 20
_CLICK = """(button) => new Promise((resolve) => {
  const map = document.querySelector(".map"), stamp = map.dataset.stamp, start = performance.now();
  const look = () => {
    if (map.dataset.stamp === stamp) return;
    map.removeEventListener("idle", look);
    resolve(performance.now() - start);
  };
  map.addEventListener("idle", look);
  button.click();
})"""


def opening(browser: Any, url: str) -> float:
    """Seconds from the start of the navigation to the first idle event of the map."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(
        "window.addEventListener('idle', () => (window.first ??= performance.now()), true)"
    )
    page.goto(url)
    page.wait_for_function("window.first", timeout=120_000)
    seconds = float(page.evaluate("window.first")) / 1000
    context.close()
    return seconds


def locks(browser: Any, url: str) -> list[float]:
    """Seconds of as many different locks, each undone again."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(120_000)
    page.goto(url)
    page.wait_for_selector(".map[data-idle]")
    seconds: list[float] = []
    rows = page.locator(".places [data-code][data-act=select]")
    codes = [rows.nth(k).get_attribute("data-code") for k in range(rows.count())]
    for code in codes[::-3]:
        page.evaluate("id => document.getElementById(id).click()", f"row-{code}")
        page.wait_for_timeout(1500)
        button = page.query_selector(".neighbours li:last-child [data-kind=together]")
        if button is None:
            continue
        took = page.evaluate(
            f"button => Promise.race([({_CLICK})(button), "
            "new Promise(r => setTimeout(() => r(-1), 20000))])",
            button,
        )
        if took < 0:  # no plan satisfies it: nothing to draw
            continue
        seconds.append(float(took) / 1000)
        page.evaluate("document.getElementById('undo').click()")
        page.wait_for_timeout(1500)
        if len(seconds) == LOCKS:
            break
    return seconds


def main() -> None:
    """Print both."""
    url = f"http://127.0.0.1:{sys.argv[1]}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        opened = [opening(browser, url) for _ in range(5)]
        print(f"first map: median {statistics.median(opened):.2f} s, slowest {max(opened):.2f} s")
        took = locks(browser, url)
        print(
            f"a lock: median of {len(took)} {statistics.median(took):.2f} s, "
            f"slowest {max(took):.2f} s"
        )
        browser.close()


if __name__ == "__main__":
    main()
