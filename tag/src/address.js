// Where the tag came from: events go to the folder that its script lies in.

import { preset as presetHere } from "./settings.js";

const NAMED = /\/(divolte|footfall)\.js([?#]|$)/;

// Loaders that run scripts by other means leave no current script, or one of their own: then it is told by its name,
// among the elements or, for `import()`, among what was fetched.
const current = document.currentScript;
const known = [...document.scripts, ...performance.getEntriesByType("resource")];
const script = current && current.src ? current : known.find(({ src, name }) => NAMED.test(src || name)) || {};
const url = script.src || script.name;

// A `/` in the anchor: Divolte stops there; we make ids of our own.
const [, folder, anchor] = /^([^?#]*\/)[^#]*(?:#([^/]*)$)?/.exec(url) || [];

/** The collector's address, with its last `/`; undefined if the tag can't tell where it came from. */
export const base = folder;

/** The page view id that the server wrote behind the script's address (`footfall.js#ID`), or undefined. */
export const serverPageView = anchor;

/** The shop system whose buttons are watched. */
export const preset = (script.dataset && script.dataset.footfallPreset) || presetHere;
