// Mincode: the compact JSON of an event's parameters (Divolte's `u`).

const text = (value) => value.replace(/[~!]/g, "~$&") + "!";

/** Return the mincode of a value that JSON.parse gave; `name` as a member of an object, already as text and `!`. */
export function mincode(value, name = "") {
  if (value === null || typeof value == "boolean") return String(value)[0] + name; // n, t, f
  if (typeof value == "string") return "s" + name + text(value);
  if (typeof value == "number") {
    // The shortest wins, the first of equals. Beyond 2^53, digits of base 36 are not exact.
    const ways = [`j${name}${value}!`, `j${name}${value.toExponential()}!`];
    if (Number.isSafeInteger(value)) ways.unshift(`d${name}${value.toString(36)}!`);
    return ways.sort((a, b) => a.length - b.length)[0];
  }
  if (Array.isArray(value)) return "a" + name + value.map((element) => mincode(element)).join("") + ".";
  return "(" + name + Object.entries(value).map(([key, member]) => mincode(member, text(key))).join("") + ")";
}
