// When a page begins: seen for the first time, come back to, or changed by its own script.

import { on } from "./guard.js";
import { autoPageView } from "./settings.js";

/** The address of the page view under way; empty if none is. */
export let shown = "";

/** Return the address without a fragment that only points into the page; one that begins with `/` or `!/` is a route. */
const route = (address) => address.replace(/#(?!!?\/).*/, "");

/** Return the address without its query. */
const path = (address) => route(address).replace(/\?[^#]*/, "");

/** Return whether no page view is under way for what the address shows now. */
export const isNewPage = () => !shown || (autoPageView && route(location.href) != route(shown));

export function pageBegins() {
  shown = location.href;
}

export function pageEnds() {
  shown = "";
}

/** Call back, with what never throws, whenever the address may have changed. */
export function watchRoutes(changed) {
  // In a task of its own: a router that redirects changes it twice, and nobody sees the first.
  const soon = () => setTimeout(changed);
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    history[name] = function (...values) {
      const same = !isNewPage();
      const result = original.apply(this, values);
      // Many a script cuts `?utm_source=...` off when the page is there: that is no other page.
      if (same && name == "replaceState" && path(location.href) == path(shown)) pageBegins();
      soon();
      return result;
    };
  }
  on("popstate hashchange", soon);
}
