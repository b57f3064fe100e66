// Attributes instead of code: `data-footfall-event="buy_button_click"` on whatever is clicked.

import { preset } from "./address.js";
import { guarded, on } from "./guard.js";

// The handler that Bitrix24's shops were given by hand before.
const PRESETS = {
  bitrix: {
    buttons: ".product-item-detail-buy-button",
    event: "buy_button_click",
    price: ".product-item-detail-price-current",
    amount: ".product-item-amount-field",
  },
};
const rule = PRESETS[preset];
const MARKED = "[data-footfall-event]";
const SELECTOR = rule ? `${MARKED},${rule.buttons}` : MARKED;

/** Return what stands nearest to the element: in it, else in the smallest part of the page that holds both. */
const read = guarded((element, selector) => {
  for (let part = element; part; part = part.parentNode || part.host) {
    const found = part.querySelector(selector);
    if (found) return found.getAttribute("content") || found.value || found.innerText;
  }
});

/** Return the parameters that the element's attributes give. */
function parametersOf(element) {
  const parameters = {};
  for (const { name, value } of element.attributes) {
    const [, parameter, from] = /^data-footfall-(?!event$)(\w+?)(-from)?$/.exec(name) || [];
    const text = parameter && (from ? read(element, value) : value);
    if (text) parameters[parameter == "item" ? "itemId" : parameter] = text;
  }
  return parameters;
}

/** Signal clicks on marked elements, as the page was before its own handlers. */
export function watchClicks(signal) {
  on("click", (click) => {
    const element = click.composedPath().find((node) => node.matches && node.matches(SELECTOR));
    if (!element) return;
    const event = element.getAttribute("data-footfall-event");
    const parameters = parametersOf(element);
    if (event) {
      signal(event, parameters);
    } else if (rule) {
      for (const name of ["price", "amount"]) parameters[name] = parameters[name] || read(element, rule[name]);
      signal(rule.event, parameters);
    }
  });
}
