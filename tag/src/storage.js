// The browser's storage; in one that has none or forbids it, the memory of this page.

let found = {};
try {
  found = window.localStorage || found;
} catch (error) {
  // a SecurityError: the visitor forbids it
}

export const storage = found;
