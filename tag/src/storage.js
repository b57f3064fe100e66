// The browser's storage; in one that has none or forbids it, the memory of this page.

let found = {};
try {
  found = window.localStorage || found;
} catch (error) {
  // a SecurityError: the visitor forbids it
}

export const storage = found;

/** Keep a text under a name; return whether there was room. */
export function keep(name, text) {
  try {
    storage[name] = text;
    return true;
  } catch (error) {
    return false;
  }
}
