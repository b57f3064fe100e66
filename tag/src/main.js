// The tag: Divolte's `divolte` object, and what a shop needs beyond it.

import { base, serverPageView } from "./address.js";
import { watchClicks } from "./clicks.js";
import { guarded, on } from "./guard.js";
import { isNewPage, pageBegins, pageEnds, shown, watchRoutes } from "./pages.js";
import * as queue from "./queue.js";
import { autoPageView, warn } from "./settings.js";
import { choose, forgetVisitor, identify, randomId, remember, silent } from "./visitor.js";

const MARK = Symbol.for("footfall");

const divolte = {
  pageViewId: null,
  isServerPageView: !!serverPageView,
  signal: guarded(signal),
  whenCommitted: guarded(queue.whenCommitted),
  optOut: guarded(optOut),
  optIn: guarded(optIn),
};

let counter = 0; // events of this page view
let isFirst = true; // no event of this visitor yet
let referrer; // of the page view under way

function signal(type, parameters) {
  if (!type) {
    warn("an event needs a type");
    return null;
  }
  if (silent()) return null;
  if (isNewPage()) beginPage();
  const event = {
    p: divolte.partyId,
    s: divolte.sessionId,
    v: divolte.pageViewId,
    e: divolte.pageViewId + (counter++).toString(16),
    c: Date.now(),
    n: isFirst && divolte.isNewPartyId ? "t" : "f",
    f: isFirst && divolte.isFirstInSession ? "t" : "f",
    l: location.href,
    r: referrer || undefined,
    i: screen.availWidth,
    j: screen.availHeight,
    k: devicePixelRatio,
    w: innerWidth,
    h: innerHeight,
    t: type + "",
    u: parameters === undefined ? parameters : copyOf(parameters),
    g: queue.givenUp(),
  };
  isFirst = false;
  remember(divolte);
  queue.add(event);
  return event.e;
}

/** Return the parameters as JSON keeps them; null if it can't. */
const copyOf = guarded((parameters) => JSON.parse(JSON.stringify(parameters)));

function beginPage() {
  if (isFirst) identify(divolte); // again, for a page that was loaded long before it was seen
  referrer = shown || document.referrer;
  divolte.pageViewId = serverPageView || randomId();
  if (!serverPageView) counter = 0;
  pageBegins();
  if (autoPageView) signal("pageView");
}

const see = guarded(() => {
  if (autoPageView && !document.hidden && isNewPage() && !silent()) beginPage();
});

function optIn() {
  choose("in");
  see();
}

function optOut() {
  choose("out");
  queue.clear();
  forgetVisitor();
  pageEnds();
  isFirst = true;
  divolte.partyId = divolte.sessionId = null;
}

const start = guarded(() => {
  identify(divolte);
  if (base && silent()) {
    queue.clear();
    forgetVisitor();
  }
  on("visibilitychange pageshow online", ({ persisted }) => {
    if (persisted) pageEnds(); // back or forward, to a page kept as it was
    if (document.hidden) return queue.leave();
    queue.resume(); // older events first
    see();
  });
  on("pagehide", ({ persisted }) => queue.leave(true, persisted));
  watchClicks(divolte.signal);
  if (autoPageView) watchRoutes(see);
  queue.resume();
  see();
});

if (typeof window.divolte != "object") {
  const api = window[MARK] || divolte;
  if (typeof define == "function" && define.amd) define(() => api);
  else if (typeof module == "object" && module.exports) module.exports = api;
  else window.divolte = api;
  if (!window[MARK]) {
    window[MARK] = divolte;
    start();
  }
}
