"""The README's picture, from a demo that really runs: python scripts/pictures.py FILE."""

import base64
import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from tests.cli.calling import ask
from tests.demo.opened import AMOUNT, BUY, Demo, Numbers, Visitor, opened

ITEM = "sweater-fjord"
WIDTH, HEIGHT = 1400, 780

PAGE = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; width: %dpx; height: %dpx; position: relative; overflow: hidden; background: #e9e4dc;
  font: 17px/1.5 "DejaVu Sans Mono", monospace; }
.shop { position: absolute; right: 40px; top: 36px; width: 1060px; border-radius: 14px; overflow: hidden;
  box-shadow: 0 2px 4px #0002, 0 18px 40px #0003; background: #fff; }
.bar { display: flex; gap: 8px; align-items: center; padding: 10px 16px; background: #f4f1ec; font-size: 14px;
  color: #6a6373; border-bottom: 1px solid #e0dad1; }
.bar i { width: 12px; height: 12px; border-radius: 50%%; background: #d9d1c6; }
.bar span { margin-left: 14px; }
.shop img { display: block; width: 100%%; }
.answer { position: absolute; left: 40px; bottom: 36px; width: 440px; padding: 16px 22px 18px;
  font-size: 15px; border-radius: 14px;
  background: #1d1b26; color: #e9e4f2; box-shadow: 0 2px 4px #0003, 0 18px 40px #0006; white-space: pre; }
.answer b { color: #8fd6c4; font-weight: 400; } .answer em { color: #ffd37a; font-style: normal; }
</style>
<div class="shop"><div class="bar"><i></i><i></i><i></i><span>%s</span></div><img src="data:image/png;base64,%s"></div>
<div class="answer"><b>$ curl %s</b>
%s</div>"""


def main(target: Path) -> None:
    """Draw the picture."""
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        shop, answer = photographed(browser, demo)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        # the ports are free ones; what a reader will see are the usual ones
        curl = "http://127.0.0.1:5001/api/v1.0/orders"
        place = f"127.0.0.1:8080/item/{ITEM}/"
        page.set_content(PAGE % (WIDTH, HEIGHT, place, base64.b64encode(shop).decode(), curl, answer))
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)
        browser.close()
    print(f"{target}: {target.stat().st_size} bytes")


def photographed(browser: Browser, demo: Demo) -> tuple[bytes, str]:
    """Buy two; return the page as it then is, and the row of the API's answer."""
    visitor = Visitor(browser, demo.shop, viewport={"width": 1180, "height": 740})
    before = demo.numbers(ITEM)
    page = visitor.page(f"/item/{ITEM}/?lang=en")
    page.fill(AMOUNT, "2")
    page.click(BUY)
    demo.grown(ITEM, before, Numbers(1, 1, 2, 6999.0))
    page.mouse.move(0, 0)
    answer = ask(f"{demo.api}/api/v1.0/orders")
    row = next(row for row in answer["contents"] if row["id_item"] == ITEM)
    page.wait_for_timeout(5_000)  # until the change no longer glows
    lines = [f'    "{name}": <em>{json.dumps(value)}</em>' for name, value in row.items()]
    head = f'{{"timestamp": {answer["timestamp"]}, "contents": [...,'
    return page.screenshot(), "\n".join([head, "  {", ",\n".join(lines), "  }, ..."])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
