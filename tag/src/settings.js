// What the server renders in: src/footfall/tag/script.py writes these values in this order.

export const [
  partyCookie,
  partySeconds,
  sessionCookie,
  sessionSeconds,
  cookieDomain,
  autoPageView,
  eventTimeout, // ms
  privacySignals,
  consentWaits,
  preset,
  logging,
] = FOOTFALL_SETTINGS;

export const warn = (...words) => logging && console.warn("footfall:", ...words);
