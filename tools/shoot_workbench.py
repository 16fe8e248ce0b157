"""Take the picture of the workbench for the documentation, from a server that is running.

Run ``uv run gangso serve --port 8531`` and then ``uv run tools/shoot_workbench.py 8531``.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

OUT = Path(__file__).resolve().parent.parent / "docs" / "images" / "workbench.png"
COUNTY = "Yeongdong"


def main() -> None:
    """Lock a county with a neighbour, and take the picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-US")
        page.set_default_timeout(120_000)
        page.goto(f"http://127.0.0.1:{sys.argv[1]}/?lang=en")
        page.wait_for_selector(".map[data-idle]")
        page.fill("#find-box", COUNTY)
        page.keyboard.press("Enter")
        page.wait_for_selector(".neighbours")
        page.locator(".neighbours [data-kind=together]").last.click()
        page.wait_for_selector('.map[data-stamp="1"]')
        page.click("#zoom-home")
        page.wait_for_selector(".side .chart")
        page.wait_for_timeout(2000)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    shot.quantize(128, dither=Image.Dither.NONE).save(OUT, optimize=True)
    print(f"{OUT}: {OUT.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
