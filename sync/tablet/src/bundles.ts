// Questionnaires as the tablet carries them: the very pages that the web serves, rendered by the server, with all they load.
//
// A version is installed whole or not at all: its pages and files are fetched and checked first, and only then does one write
// say that this version is the one to begin with. A turn holds the version it began with until it ends; what a turn or an
// installed version needs is never deleted. Pages lie in Cache Storage under the hash of their bytes.

import type { ManifestRound } from "./tablet_state";
import { buffer, toHex } from "./seal";
import { unlessSilent } from "./silence";
import { database, durably, named } from "./storage";

export interface InstalledBundle {
  readonly round: string;
  readonly version: string;
  readonly paddedSize: number;
  /** Language tag to the SHA-256 of its page. */
  readonly pages: Readonly<Record<string, string>>;
}

/** The version that a turn began with, in every language, so that the turn can change language, be reloaded and be paused. */
export interface HeldVersion {
  readonly round: string;
  readonly version: string;
  readonly pages: Readonly<Record<string, string>>;
}

const CACHE = "svarboks-bundles";
type Send = typeof fetch;

/** Where a page lies in the cache: an address that nothing else uses. */
const cacheKey = (sha256: string): string => `/tablet/bundle/${sha256}`;

export async function installedBundle(round: string): Promise<InstalledBundle | null> {
  return (await (await database()).get("bundles", round)) ?? null;
}

export async function installedBundles(): Promise<InstalledBundle[]> {
  return (await database()).getAll("bundles");
}

// --- turns

/** What a turn holds on to, under the turn's own id; the same again changes nothing. It is also the one whose pages are shown.
 *
 * False, and nothing is held, when it is not the installed one any more: its pages may have been let go meanwhile. */
export async function holdVersion(id: string, bundle: InstalledBundle): Promise<boolean> {
  const { round, version, pages } = bundle;
  return changeHeld((held) => ({ ...held, [id]: held[id] ?? { round, version, pages } }), id, bundle);
}

/** A paused turn goes on: its pages are shown from now on. */
export async function showVersionOf(id: string): Promise<void> {
  await changeHeld((held) => held, id);
}

/** The turn has ended: the version it held is let go. */
export async function releaseVersion(id: string): Promise<void> {
  await changeHeld(({ [id]: _, ...others }) => others);
}

/** Lets go what is held for turns that are over; `ids` are those that are not (the current one, and paused ones). */
export async function releaseAllBut(ids: readonly string[]): Promise<void> {
  await changeHeld((held) => Object.fromEntries(Object.entries(held).filter(([id]) => ids.includes(id))));
}

type Held = Readonly<Record<string, HeldVersion>>;

/** `installed`: what has to be installed for it. Whether it was done. */
function changeHeld(change: (held: Held) => Held, shown?: string, installed?: InstalledBundle): Promise<boolean> {
  return durably(["tablet", "bundles"], async (writing) => {
    if (installed && JSON.stringify(await writing.objectStore("bundles").get(installed.round)) !== JSON.stringify(installed)) return false;
    const store = writing.objectStore("tablet");
    await store.put(change(((await store.get("held")) ?? {}) as Held), "held");
    if (shown !== undefined) await store.put(shown, "shown");
    return true;
  });
}

/** The page of a turn: of the version that it holds, else of the one installed. Null when there is none. */
export async function turnPage(round: string, language: string): Promise<Response | null> {
  const held = (await named<Held>("held"))?.[(await named<string>("shown")) ?? ""];
  const pages = held?.round === round ? held.pages : (await installedBundle(round))?.pages;
  const sha256 = pages?.[language];
  return sha256 === undefined ? null : ((await (await caches.open(CACHE)).match(cacheKey(sha256))) ?? null);
}

// --- installing

/** Installs what the server lists and is not installed yet. Gives the rounds that could not be; their old version stays. */
export async function installBundles(rounds: readonly ManifestRound[], send: Send): Promise<string[]> {
  const missing: string[] = [];
  for (const round of rounds) {
    if (round.state === "closed") continue;
    try {
      await install(round, send);
    } catch {
      missing.push(round.round);
    }
  }
  return missing;
}

async function install(round: ManifestRound, send: Send): Promise<void> {
  const pages = Object.fromEntries(round.languages.map(({ tag, sha256 }) => [tag, sha256]));
  const before = await installedBundle(round.round);
  const cache = await caches.open(CACHE);
  for (const { page, sha256 } of round.languages) {
    const kept = await cache.match(cacheKey(sha256));
    const bytes = kept ? await kept.arrayBuffer() : await fetchChecked(page, (digest) => digest === sha256, send);
    const html = new TextDecoder().decode(bytes);
    for (const address of addressesIn(html)) await keepAsset(cache, address, send);
    if (!kept) await cache.put(cacheKey(sha256), new Response(bytes, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
  }
  if (before?.version === round.version && JSON.stringify(before.pages) === JSON.stringify(pages)) return;
  const bundle: InstalledBundle = { round: round.round, version: round.version, paddedSize: round.padded_size, pages };
  await durably(["bundles"], (writing) => writing.objectStore("bundles").put(bundle));
}

/** Keeps one file that a page loads, and what a style sheet loads in turn. Throws when anything is missing. */
export async function keepAsset(cache: Cache, address: string, send: Send): Promise<void> {
  let response = await cache.match(address);
  if (!response) {
    // The app itself may have it: the same name is the same content.
    const elsewhere = await caches.match(address);
    const hash = /\.([0-9a-f]{10})(?:\.rtl)?\.[a-z0-9]+$/.exec(address)?.[1] ?? "";
    const bytes = elsewhere ? await elsewhere.clone().arrayBuffer() : await fetchChecked(address, (digest) => digest.startsWith(hash), send);
    const type = elsewhere?.headers.get("Content-Type") ?? typeOf(address);
    response = new Response(bytes, { headers: { "Content-Type": type, "X-Content-Type-Options": "nosniff" } });
    if (address.endsWith(".css")) for (const next of addressesInStyle(await response.clone().text(), address)) await keepAsset(cache, next, send);
    await cache.put(address, response);
  } else if (address.endsWith(".css")) {
    for (const next of addressesInStyle(await response.text(), address)) await keepAsset(cache, next, send);
  }
}

async function fetchChecked(address: string, right: (sha256: string) => boolean, send: Send): Promise<ArrayBuffer> {
  const bytes = await unlessSilent(async (signal, heard) => {
    const response = await send(address, { credentials: "same-origin", cache: "no-cache", redirect: "error", referrerPolicy: "no-referrer", signal });
    if (response.status !== 200) throw new Error(`${address}: ${response.status}`);
    const reader = response.body?.getReader();
    if (!reader) return response.arrayBuffer();
    const parts: BlobPart[] = [];
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      heard();
      parts.push(part.value);
    }
    return new Response(new Blob(parts)).arrayBuffer();
  });
  const sha256 = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", buffer(new Uint8Array(bytes)))));
  if (!right(sha256)) throw new Error(`${address}: other bytes than announced`);
  return bytes;
}

/** What a page of ours loads. */
export function addressesIn(html: string): string[] {
  return [...new Set(Array.from(html.matchAll(/\s(?:src|href)="(\/static\/[^"#?]+)"/g), (found) => found[1] ?? ""))];
}

function addressesInStyle(css: string, at: string): string[] {
  const base = new URL(at, "http://here");
  return [...new Set(Array.from(css.matchAll(/url\(["']?([^"')]+)["']?\)/g), (found) => new URL(found[1] ?? "", base).pathname))];
}

function typeOf(address: string): string {
  const types: Record<string, string> = { js: "text/javascript", css: "text/css", woff2: "font/woff2", svg: "image/svg+xml", png: "image/png" };
  return types[address.split(".").pop() ?? ""] ?? "application/octet-stream";
}

/** Deletes versions of rounds that the server no longer lists, and pages and files that nothing needs any more. */
export async function letOldBundlesGo(listed: readonly string[]): Promise<void> {
  // One look at both: a turn that begins after it holds what is installed now, one before it is seen.
  const versions = await durably(["tablet", "bundles"], async (writing): Promise<HeldVersion[]> => {
    const store = writing.objectStore("bundles");
    for (const round of await store.getAllKeys()) if (!listed.includes(round)) await store.delete(round);
    return [...(await store.getAll()), ...Object.values(((await writing.objectStore("tablet").get("held")) ?? {}) as Held)];
  });
  const needed = new Set<string>();
  const cache = await caches.open(CACHE);
  for (const { pages } of versions) {
    for (const sha256 of Object.values(pages)) {
      const page = await cache.match(cacheKey(sha256));
      needed.add(cacheKey(sha256));
      for (const address of page ? addressesIn(await page.text()) : []) {
        needed.add(address);
        const sheet = address.endsWith(".css") ? await cache.match(address) : undefined;
        for (const next of sheet ? addressesInStyle(await sheet.text(), address) : []) needed.add(next);
      }
    }
  }
  for (const request of await cache.keys()) if (!needed.has(new URL(request.url).pathname)) await cache.delete(request);
}
