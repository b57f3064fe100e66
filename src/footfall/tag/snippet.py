"""What a shop pastes into its pages, and how it sees that it works."""

from html import escape
from typing import Final

_BUTTON: Final = """\
Mark each "buy" button, so that a press is counted with its price and amount:

  <button data-footfall-event="buy_button_click"
          data-footfall-price-from=".price" data-footfall-amount-from=".amount">Buy</button>

  data-footfall-price="1990" gives the price itself; -from is a selector of where it stands on the page.
  From the page's own scripts: divolte.signal("buy_button_click", {price: "1 990 ₽", amount: 2})
"""

_PRESET: Final = """\
The preset watches the buttons .product-item-detail-buy-button and reads .product-item-detail-price-current and
.product-item-amount-field, also of elements that appear later: nothing else is to be done.
"""


def snippet(address: str, api: str, preset: str) -> str:
    """Return the lines to paste and how to check them.

    `address` is where browsers reach the collector, `api` where the shop's owner reaches the API.
    """
    base = address.rstrip("/")
    extra = f' data-footfall-preset="{escape(preset)}"' if preset else ""
    return f"""\
Paste this into every page of the shop, before </head> or </body>:

  <script src="{escape(base)}/divolte.js"{extra} async></script>

{_PRESET if preset else _BUTTON}
Check that it works:

  1. Open a product page of the shop in a browser, and press "buy".
  2. footfall events --follow        shows the pageView and the buy_button_click as they come.
  3. curl {api}/api/v1.0/orders    shows the product's pieces and money, at most two seconds later.

A request by curl or by a headless browser ends as "bot" in `footfall ledger`: it is kept, not counted.
A browser that asks not to be tracked (Global Privacy Control, Do Not Track) sends nothing.
If the shop has a Content-Security-Policy, allow the collector in script-src, and in connect-src or img-src:

  script-src {base}; connect-src {base}; img-src {base}
"""
