// One event to the collector, by whatever the page allows.

import { base } from "./address.js";
import { guarded } from "./guard.js";
import { posted, query } from "./wire.js";

export const KEPT = 0; // on disk
export const REFUSED = 1; // not to be tried again
export const FAILED = 2; // to be tried again

const PATIENCE = 30000; // ms to wait for an answer; Chromium alone would wait for minutes

/** Whether images are used: unlike what is fetched, one that is under way ends with its page. */
export let fetchBlocked = false;

const addressOf = (event) => base + "csc-event?" + query(event);

function byImage(address) {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve(KEPT);
    image.onerror = () => {
      fetchBlocked = false; // it was the network, it seems
      resolve(FAILED);
    };
    image.src = address;
  });
}

async function attempt(event) {
  const address = addressOf(event);
  if (!fetchBlocked) {
    try {
      const { status } = await fetch(address, { keepalive: true, credentials: "omit" });
      return status < 300 ? KEPT : status >= 400 && status < 500 && status != 429 ? REFUSED : FAILED;
    } catch (error) {
      fetchBlocked = true; // by the page's connect-src, or a blocker, or there is no network: the image tells
    }
  }
  return byImage(address);
}

/** Send an event; resolve to KEPT, REFUSED or FAILED, in any case. */
export const send = (event) =>
  Promise.race([
    attempt(event).catch(() => REFUSED), // it can't be written; the next would suffer for it
    new Promise((resolve) => setTimeout(resolve, PATIENCE, FAILED)),
  ]);

/** Hand events to the browser, to be sent when the page is gone; return whether it took them. */
export const handOver = guarded((events) => {
  if (fetchBlocked) return events.map((event) => (new Image().src = addressOf(event)));
  return navigator.sendBeacon(base + "events", JSON.stringify(events.map(posted))); // text/plain: no preflight
});
