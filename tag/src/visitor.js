// Who visits: identifiers and cookies, as Divolte has them (its documentation, "party" and "session"), and the
// visitor's choice.

import { base } from "./address.js";
import {
  consentWaits,
  cookieDomain,
  partyCookie,
  partySeconds,
  privacySignals,
  sessionCookie,
  sessionSeconds,
} from "./settings.js";
import { keep, storage } from "./storage.js";

const CHOICE = "footfall";
let choice; // where the storage is full

/** Return `0:` and 192 random bits, as 32 of the signs that Divolte uses. */
export function randomId(stamp = "") {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return "0:" + stamp + btoa(String.fromCharCode(...bytes)).replace(/\+/g, "~").replace(/\//g, "_");
}

function readCookie(name) {
  const value = ("; " + document.cookie).split(`; ${name}=`).pop().split(";")[0];
  // Any other would be refused by the collector, with every event of this visitor, or kept in two ways of writing.
  return /^0:-?[1-9a-z][\da-z]{0,11}:[^:]{0,200}$/.test(value) && value;
}

function writeCookie(name, value, seconds) {
  document.cookie = `${name}=${value}; path=/; max-age=${seconds}` + (cookieDomain && "; domain=" + cookieDomain);
}

/**
 * Read who visits from the cookies into `divolte`, or make new identifiers; ones that were made before stay.
 * Made when the page loads, as in Divolte: a page left open keeps its session.
 */
export function identify(divolte) {
  const stamp = Date.now().toString(36) + ":";
  const party = readCookie(partyCookie);
  const session = readCookie(sessionCookie);
  divolte.partyId = party || (divolte.isNewPartyId && divolte.partyId) || randomId(stamp);
  divolte.sessionId = session || (divolte.isFirstInSession && divolte.sessionId) || randomId(stamp);
  divolte.isNewPartyId = !party;
  divolte.isFirstInSession = !session;
}

/** Write both cookies; each event moves their ends. */
export function remember(divolte) {
  writeCookie(sessionCookie, divolte.sessionId, sessionSeconds);
  writeCookie(partyCookie, divolte.partyId, partySeconds);
}

/** Delete both cookies. */
export function forgetVisitor() {
  writeCookie(sessionCookie, "", 0);
  writeCookie(partyCookie, "", 0);
}

/** Keep what the visitor chose on this site: "in" or "out". */
export function choose(what) {
  choice = keep(CHOICE, what) ? "" : what;
}

/** Return whether nothing may be sent or kept. A choice on this site wins over the browser's signals. */
export function silent() {
  const chosen = choice || storage[CHOICE];
  if (!base) return true;
  if (chosen) return chosen != "in";
  return consentWaits || (privacySignals && (navigator.globalPrivacyControl || navigator.doNotTrack == 1));
}
