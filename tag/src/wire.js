// An event on the wire: an object of one-letter names (Divolte's) becomes a query, or a JSON object for POST /events.

import { murmur } from "./checksum.js";
import { mincode } from "./mincode.js";

/** Return the query, with its checksum. Numbers are written in base 36; `u` holds the parameters, as JSON.parse gives. */
export function query(event) {
  const pairs = Object.entries(event)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const text = name == "u" ? mincode(value) : value.toString(36);
      return [name, text.replace(/[\ud800-\udfff]/gu, "\ufffd")]; // a lone surrogate has no UTF-8
    });
  // Names have one letter: so the pairs sort as their names do.
  const sorted = pairs.slice().sort().map(([name, text]) => `${name}=${text},;`);
  const sent = pairs.map(([name, text]) => `${name}=${encodeURIComponent(text)}&`);
  return sent.join("") + "x=" + murmur(sorted.join("")).toString(36);
}

/** Return the same event as POST /events takes it. */
export function posted(event) {
  const members = Object.assign({}, event.u, {
    eventType: event.t,
    eventId: event.e,
    sessionId: event.s,
    partyId: event.p,
    pageViewId: event.v,
    location: event.l,
    referer: event.r,
    clientTimestamp: event.c,
    firstInSession: event.f == "t",
    screenPixelWidth: event.i,
    screenPixelHeight: event.j,
    viewportPixelWidth: event.w,
    viewportPixelHeight: event.h,
    givenUp: event.g,
    // words of POST /events that mean something else than a shop's parameter of that name
    timestamp: undefined,
    shop: undefined,
    userAgentString: undefined,
  });
  members.itemId = [members.itemId, members.item].find((name) => name && typeof name == "string"); // as of a query
  return members;
}
