// The tag's own failures stay in the tag: whatever happens, the page goes on.

import { warn } from "./settings.js";

/** Call back on each of these events, wherever in the page; on the way down, so that no handler of it hides them. */
export function on(names, work) {
  for (const name of names.split(" ")) addEventListener(name, guarded(work), true);
}

/** Return the function, made to return null instead of throwing. */
export function guarded(work) {
  return (...values) => {
    try {
      return work(...values);
    } catch (error) {
      warn(error);
      return null;
    }
  };
}
