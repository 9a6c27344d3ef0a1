// The public link offline: a page that was visited once is kept with all it loads, and is shown when the network does not
// answer, or when something in between answers in the server's place.

import { addressesIn, keepAsset } from "./bundles";
import { letOldGo } from "./queue";
import { dayOf } from "./sender";

const CACHE = "svarboks-public";
/** So long the network has, in ms, before the kept page is shown. */
const PATIENCE = 4000;

/** The page from the network, else the kept one. A closed page is shown but never kept over an open one. */
export async function publicPage(request: Request, later: (work: Promise<unknown>) => void): Promise<Response> {
  const cache = await caches.open(CACHE);
  const before = await cache.match(request.url, { ignoreSearch: true });
  const asked = fetch(request);
  if (!before) return asked;
  try {
    const response = await within(asked, PATIENCE);
    const copy = response.clone();
    if (response.type === "opaqueredirect" || response.status >= 500 || !ours(await copy.text())) return before;
    if (response.status === 200) later(keepPublicPage(request.url));
    return response;
  } catch {
    asked.catch(() => undefined);
    return before;
  }
}

/** Keeps a page of the public link with everything it loads; when anything is missing, what was kept before stays. */
export async function keepPublicPage(address: string): Promise<void> {
  try {
    const url = new URL(address, self.location.origin);
    if (url.origin !== self.location.origin || !/^\/s\/[^/]+\/[^/]+$/.test(url.pathname)) return;
    const response = await fetch(url.pathname, { credentials: "omit", redirect: "error", cache: "no-store" });
    const html = await response.clone().text();
    const today = Math.floor(Date.now() / 86_400_000);
    await letOldGo(dayOf(response), today);
    // Invited rounds are answered online, signed ones at the desk: only what has a form open to all is kept.
    if (response.status !== 200 || !ours(html) || !html.includes('id="answering"') || html.includes('name="~code"')) return;
    const cache = await caches.open(CACHE);
    for (const asset of addressesIn(html)) await keepAsset(cache, asset, (input, init) => fetch(input, init));
    await cache.put(url.pathname, response);
  } catch {
    // No network, or no room: it is not there offline, and nothing else changes.
  }
}

/** Whether this is a page that our server renders for those who answer. */
function ours(html: string): boolean {
  return html.includes('<body class="answering">');
}

function within<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("too slow")), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
