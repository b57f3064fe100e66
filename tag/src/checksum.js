// MurmurHash3 x86 32-bit, seed 0, of a text's UTF-8 bytes.

function mixed(word) {
  word = Math.imul(word, 0xcc9e2d51);
  return Math.imul((word << 15) | (word >>> 17), 0x1b873593);
}

/** Return the hash as a signed 32-bit integer. */
export function murmur(text) {
  const bytes = new TextEncoder().encode(text);
  let hash = 0;
  let word = 0;
  bytes.forEach((byte, at) => {
    word |= byte << (at * 8); // modulo 32
    if (at % 4 == 3) {
      hash ^= mixed(word);
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
      word = 0;
    }
  });
  hash ^= mixed(word) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
