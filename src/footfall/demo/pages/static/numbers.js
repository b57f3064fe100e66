// What Footfall has counted of the product on the page, asked of its API once a second while somebody looks.

const EVERY = 1000; // ms

let timer;
let asking;

/** Begin to ask, if the page has a place for the numbers. */
export function watchNumbers() {
  clearTimeout(timer);
  if (document.querySelector("[data-numbers]") && !document.hidden) ask();
}

async function ask() {
  clearTimeout(timer);
  asking?.abort();
  const mine = (asking = new AbortController());
  const place = document.querySelector("[data-numbers]");
  if (!place) return;
  try {
    const [users, orders] = await Promise.all(
      ["users", "orders"].map(async (name) => {
        const answer = await fetch(`${place.dataset.api}/api/v1.0/${name}`, { signal: mine.signal });
        return (await answer.json()).contents.find(
          (row) => row.url == location.hostname && row.id_item == place.dataset.numbers,
        );
      }),
    );
    show(place, users, orders);
  } catch {
    if (mine.signal.aborted) return;
    place.querySelector("[data-answer]").textContent = place.dataset.silent;
  }
  timer = setTimeout(ask, EVERY);
}

function show(place, users, orders) {
  const whole = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
  const numbers = { views: users?.count, depth: users?.deep, pieces: orders?.count, money: orders?.sum };
  for (const [name, number] of Object.entries(numbers)) {
    const cell = place.querySelector(`[data-number=${name}]`);
    const text = number === undefined ? "–" : whole.format(number);
    if (cell.textContent == text) continue;
    const known = cell.dataset.known;
    cell.textContent = text;
    cell.dataset.known = true;
    cell.classList.remove("changed");
    if (known) requestAnimationFrame(() => cell.classList.add("changed"));
  }
  place.querySelector("[data-answer]").textContent = orders
    ? JSON.stringify(orders).replaceAll(/([:,])"/g, '$1 "').replaceAll(/":(?! )/g, '": ')
    : place.dataset.uncounted;
}

const stop = () => {
  clearTimeout(timer);
  asking?.abort();
};
addEventListener("pagehide", stop); // a page that waits for an answer is not kept for "back"
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : watchNumbers()));
