// One event to the collector, by whatever the page allows.

import { base } from "./address.js";
import { posted, query } from "./wire.js";

export const KEPT = 0; // on disk
export const REFUSED = 1; // not to be tried again
export const FAILED = 2; // to be tried again

const PATIENCE = 30000; // ms to wait for an answer; Chromium alone would wait for minutes

const FETCHED = { keepalive: true, mode: "cors", credentials: "omit" };

let fetchBlocked = false;

const addressOf = (event) => base + "csc-event?" + query(event);

function byImage(address) {
  return new Promise((resolve) => {
    const image = new Image(1, 1);
    image.onload = () => {
      fetchBlocked = true;
      resolve(KEPT);
    };
    image.onerror = () => resolve(FAILED);
    image.src = address;
  });
}

async function attempt(address) {
  if (!fetchBlocked) {
    try {
      const { ok, status } = await fetch(address, FETCHED);
      return ok ? KEPT : status >= 400 && status < 500 && status != 429 ? REFUSED : FAILED;
    } catch (error) {
      // No network, or the page's connect-src, or a blocker: they look alike. The image tells.
    }
  }
  return byImage(address);
}

/** Send an event; resolve to KEPT, REFUSED or FAILED, in any case. */
export async function send(event) {
  try {
    return await Promise.race([
      attempt(addressOf(event)),
      new Promise((resolve) => setTimeout(resolve, PATIENCE, FAILED)),
    ]);
  } catch (error) {
    return REFUSED; // it can't be written; the next would suffer for it
  }
}

/** Return whether an event in flight gets there when its page goes away. */
export const survives = () => !fetchBlocked;

/** Hand an event to the browser, to be sent when the page is gone; return whether it took it. */
export function handOver(event) {
  if (fetchBlocked) return (new Image().src = addressOf(event));
  return navigator.sendBeacon(base + "events", JSON.stringify(posted(event))); // text/plain: no preflight
}
