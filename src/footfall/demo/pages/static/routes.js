// From page to page without leaving the document: by pushState under /spa/, by the fragment under /hash/.

const { root } = document.documentElement.dataset;
const byHash = root == "/hash";

/** Return what the address asks for, as the ordinary shop would call it; null if it points into the page. */
function route() {
  if (!byHash) return location.pathname.slice(root.length);
  return !location.hash ? "/" : location.hash.startsWith("#/") ? location.hash.slice(1) : null;
}

let shown = byHash ? "/" : route();

async function show() {
  const asked = route();
  if (asked === null || asked == shown) return;
  const answer = await fetch(root + asked);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (asked != route()) return; // somebody clicked on
  shown = asked;
  document.title = page.title;
  const main = document.importNode(page.querySelector("main"), true);
  document.querySelector("main").replaceWith(main);
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
  document.dispatchEvent(new Event("shown"));
}

document.addEventListener("click", (click) => {
  const link = click.target.closest("a");
  const ordinary = click.button == 0 && !(click.ctrlKey || click.metaKey || click.shiftKey || click.altKey);
  if (byHash || !link || !ordinary || link.search || "version" in link.dataset) return;
  if (!link.href.startsWith(location.origin + root + "/")) return;
  click.preventDefault();
  history.pushState(null, "", link.href);
  show();
});
addEventListener("popstate", show);
addEventListener("hashchange", show);
show();
