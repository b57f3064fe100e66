// The cart, kept in the browser: slug -> how many.

const KEY = "polka-cart";
const MOST = 99;

const amounts = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)) || {};
  } catch {
    return {};
  }
};

/** Return how many of each product are in the cart. */
export const inCart = amounts;

/** Return a whole number from 1 to 99, whatever was typed. */
export const sensible = (amount) => Math.min(MOST, Math.max(1, Math.floor(Number(amount)) || 1));

/** Put so many into the cart; 0 takes the product out. */
export function put(slug, amount) {
  const { [slug]: _, ...others } = amounts();
  localStorage.setItem(KEY, JSON.stringify(amount ? { ...others, [slug]: sensible(amount) } : others));
}

/** Take everything out. */
export const empty = () => localStorage.removeItem(KEY);
