// Events wait here until the collector has them: in memory, and in the browser's storage for the pages to come.
//
// One event is in flight at a time, the oldest first. Each is stored under its own id, so that tabs never overwrite
// each other's. Besides the event it holds until when its page cares for it: after that, another page takes it over.
// So at worst an event is sent by two pages; it has one id and counts once.

import { keep, storage } from "./storage.js";
import { FAILED, KEPT, fetchBlocked, handOver, send } from "./transport.js";
import { eventTimeout } from "./settings.js";
import { silent } from "./visitor.js";

const PREFIX = "footfall:";
const GIVEN_UP = "footfall-given-up";
const OLDEST = 12 * 3600000; // ms; the collector's side remembers ids for twice as long
const CARE = 30000; // ms beyond the next attempt
const LONGEST = 60000; // ms between two attempts, and up to half as much again
const CAPACITY = 500000; // characters, a tenth of what a shop may store
const STUBBORN = 8; // attempts after which an event lets others pass

let entries = [];
const waiting = new Set(); // who asked to be called back
let current; // the entry whose answer the others wait for
let timer; // set while there is a pause after a failure
let pause = 0;
let last = 0;
let away; // how `leave` was called, until the page is back

const stored = () => Object.keys(storage).filter((key) => key.startsWith(PREFIX));

/** Return whether the entry lies in the storage now, cared for by this page as long as said. */
function store(entry, care) {
  const text = JSON.stringify([Date.now() + care, entry.made, entry.event]);
  const roomy = () => stored().reduce((sum, other) => sum + (storage[other] || "").length, text.length) <= CAPACITY;
  return (entry.slot in storage || roomy()) && keep(entry.slot, text);
}

function drop(entry) {
  entries = entries.filter((other) => other.slot != entry.slot);
  delete storage[entry.slot];
}

function giveUp(entry) {
  drop(entry);
  keep(GIVEN_UP, +(storage[GIVEN_UP] || 0) + 1 + (entry.event.g || 0));
}

/** Return how many events were given up since this was asked last; undefined if none. */
export function givenUp() {
  const count = storage[GIVEN_UP];
  delete storage[GIVEN_UP];
  return count && +count;
}

/** Put an event at the end. */
export function add(event) {
  last = Math.max(last + 1, Date.now());
  const entry = { event, slot: PREFIX + event.e, made: last, settled: timer };
  entries.push(entry);
  store(entry, CARE);
  next();
  if (away) leave(...away);
}

/** Take over what earlier pages left behind. */
function adopt() {
  const now = Date.now();
  for (const slot of stored()) {
    try {
      const [until, made, event] = JSON.parse(storage[slot]);
      const cared = until > now && until < now + 2 * LONGEST + CARE;
      if (event.e && !cared && !entries.some((entry) => entry.slot == slot)) {
        const entry = { event, slot, made, settled: true };
        entries.push(entry);
        store(entry, CARE);
      }
    } catch (error) {
      delete storage[slot]; // not ours
    }
  }
  entries.sort((a, b) => a.made - b.made);
}

function next() {
  if (current || timer || silent()) return;
  const grounded = entries.filter(
    (entry) => !entry.flying && (Math.abs(Date.now() - entry.made) < OLDEST || giveUp(entry)),
  );
  const entry = grounded.find((entry) => !(entry.failures > STUBBORN)) || grounded[0];
  if (entry) fly(entry);
}

async function fly(entry) {
  current = entry;
  entry.flying = true;
  const goOn = () => {
    entry.settled = true;
    if (current == entry) current = null;
    release();
    next();
  };
  const patience = setTimeout(goOn, eventTimeout);
  const outcome = await send(entry.event);
  clearTimeout(patience);
  entry.flying = false;
  if (outcome == FAILED) {
    entry.failures = (entry.failures || 0) + 1;
    rest();
  } else {
    pause = 0;
    (outcome == KEPT ? drop : giveUp)(entry);
  }
  goOn();
}

/** Pause, each time longer, for one and a half minutes at most. Who waits need not: what is stored will go later. */
function rest() {
  if (timer) return;
  pause = Math.min(2 * pause || 1000, LONGEST);
  timer = setTimeout(wake, pause * (1 + Math.random() / 2));
  for (const entry of entries) {
    entry.settled = true;
    store(entry, 2 * pause + CARE);
  }
}

function wake() {
  timer = 0;
  adopt();
  next();
}

/** The page is there, or there again: try at once. */
export function resume() {
  away = null;
  clearTimeout(timer);
  wake();
}

/** Call back when every event before has been answered or tried in vain; after `timeout` ms in any case. */
export function whenCommitted(callback, timeout) {
  const before = entries.filter((entry) => !entry.settled);
  const check = (late) => {
    if (!(late || before.every((entry) => entry.settled)) || !waiting.delete(check)) return;
    try {
      callback();
    } catch (error) {
      setTimeout(() => {
        throw error; // the page's own; it belongs into the page's console
      });
    }
  };
  waiting.add(check);
  check();
  if (timeout >= 0) setTimeout(check, timeout, true);
}

function release(late) {
  waiting.forEach((check) => check(late));
}

/** The page is hidden, perhaps for ever: hand over what is not in flight. If it `goes`, leave the rest to the next. */
export function leave(goes, returns) {
  if (silent()) return;
  away = [goes, returns];
  const rest = entries.filter((entry) => !(entry.handed || (entry.flying && !fetchBlocked)));
  // If they are too many at once, the older half goes.
  while (rest.length && !handOver(rest.map((entry) => entry.event))) rest.length >>= 1;
  rest.forEach((entry) => (entry.handed = true));
  if (!goes) return;
  const kept = entries.filter((entry) => !store(entry, 0));
  entries = kept;
  kept.forEach((entry) => entry.handed || entry.flying || returns || giveUp(entry));
}

/** Forget everything, sent or not. */
export function clear() {
  entries = [];
  stored().forEach((slot) => delete storage[slot]);
  delete storage[GIVEN_UP];
  release(true);
}
