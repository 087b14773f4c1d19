"""Makes the pictures of the documents anew: `python tools/pictures.py HOME`, HOME being a demo.

Each is one page of the demo as an account sees it, in the browser that the tests use. People and texts in it are
invented; pictures of real data are never made.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from sanban.main.house import House, open_house
from sanban.main.serving import application
from sanban.web.server import Server

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
WINDOW = {"width": 1280, "height": 800}
SEVERAL = (
    "SELECT request FROM request_view WHERE district = :district AND case_id = :none AND matter = :matter "
    "ORDER BY received_at DESC"
)


class Picture(NamedTuple):
    """A page as an account sees it, and the file it becomes."""

    name: str
    account: str
    path: str


def pictures(house: House) -> tuple[Picture, ...]:
    """What is shown: where an operator starts, the desk, a request with what is known of it, the centre's queue."""
    waiting = house.reader.query(SEVERAL, {"none": "", "matter": "noise"})
    return (
        Picture("start", "operator-1", "/"),
        Picture("desk", "operator-1", "/requests"),
        Picture("request", "operator-1", f"/requests/{waiting[0][0]}"),
        Picture("queue", "dispatcher-1", "/queue"),
    )


def shoot(page: Page, address: str, picture: Picture) -> None:
    """Signs in, opens the page and keeps what the window shows."""
    page.context.clear_cookies()
    page.goto(f"{address}/sign-in?lang=zh")
    page.locator(f'form:has(input[value="{picture.account}"]) button').click()
    page.goto(f"{address}{picture.path}")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{picture.name}.png")


def main(home: Path) -> None:
    """Serves the demo while the pictures are made."""
    with open_house(home) as house, sync_playwright() as playwright:
        house.ledger.reach()
        server = Server(application(house))
        thread = threading.Thread(target=server.run)
        thread.start()
        server.listening.wait(20)
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page(viewport=WINDOW)
        for picture in pictures(house):
            shoot(page, f"http://127.0.0.1:{server.bound}", picture)
        server.stop()
        thread.join(20)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
