// What the shop's buttons do. One listener on the document: it also serves pages that a single-page version brings in.

import { empty, inCart, put, sensible } from "./cart.js";
import { watchNumbers } from "./numbers.js";

const language = document.documentElement.lang;
const price = (kopecks) =>
  `${(kopecks / 100).toLocaleString(language, { minimumFractionDigits: kopecks % 100 ? 2 : 0 })} ₽`;

const one = (selector, inside = document) => inside.querySelector(selector);
const all = (selector) => document.querySelectorAll(selector);

/** Show the cart's state wherever the page shows it. */
export function refresh() {
  const cart = inCart();
  const count = Object.values(cart).reduce((sum, amount) => sum + amount, 0);
  const badge = one("[data-cart-count]");
  badge.textContent = count;
  badge.hidden = !count;
  for (const link of all("header nav a")) {
    const here = link.href == location.href || (!location.hash && link.href == location.href + "#/");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  showRows(cart);
  watchNumbers();
}

function showRows(cart) {
  if (!one("[data-sum]")) return;
  let kopecks = 0;
  for (const row of all("[data-row]")) {
    const amount = cart[row.dataset.row] || 0;
    row.hidden = !amount;
    one("input", row).value = amount || 1;
    kopecks += amount * row.dataset.kopecks;
  }
  one("[data-sum]").hidden = !kopecks;
  one("[data-empty]").hidden = kopecks || !one("[data-thanks]").hidden;
  one("[data-total]").textContent = price(kopecks);
}

function buy(button) {
  const { slug } = button.dataset;
  const field = one(".product-item-amount-field");
  field.value = sensible(field.value);
  put(slug, (inCart()[slug] || 0) + Number(field.value));
  const bought = one("[data-bought]");
  one("b", bought).textContent = inCart()[slug];
  bought.hidden = false;
  refresh();
}

function step(button, by) {
  const field = one("input", button.parentElement);
  field.value = sensible(Number(field.value) + by);
  changed(field);
}

function changed(field) {
  field.value = sensible(field.value); // what is typed is mended before "buy" can be pressed
  const row = field.closest("[data-row]");
  if (!row) return;
  put(row.dataset.row, sensible(field.value));
  refresh();
}

const BUTTONS = {
  ".product-item-detail-buy-button": buy,
  ".product-item-amount-field-btn-plus": (button) => step(button, 1),
  ".product-item-amount-field-btn-minus": (button) => step(button, -1),
  "[data-remove]": (button) => {
    put(button.closest("[data-row]").dataset.row, 0);
    refresh();
  },
  "[data-order]": () => {
    empty();
    one("[data-thanks]").hidden = false;
    refresh();
  },
  ".skip": (_, click) => {
    click.preventDefault(); // the fragment may be a route
    one("#main").focus();
  },
  ".languages a": (link) => {
    link.hash = location.hash; // so that the choice of a language stays on the route
  },
};

document.addEventListener("click", (click) => {
  for (const [selector, press] of Object.entries(BUTTONS)) {
    const element = click.target.closest(selector);
    if (element) press(element, click);
  }
});
document.addEventListener("change", ({ target }) => target.matches(".row input, .product-item-amount-field") && changed(target));
addEventListener("storage", refresh); // another tab
addEventListener("pageshow", refresh); // also one that was kept for "back"
document.addEventListener("shown", refresh); // a page of a single-page version
