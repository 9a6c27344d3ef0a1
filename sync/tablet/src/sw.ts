// The service worker: the app and its turns open from what is kept here, with or without a network; so does the public link
// after its first visit. It looks at GET only, and leaves the desk, signing in and /api alone.
//
// The server puts `self.SVARBOKS` before this file (server/routes/tablet_app.py): what the app consists of, each file with its
// hash. Installing is whole or not at all: one missing file, or one with other bytes, and the browser keeps the old worker with
// all its files. A new worker waits until no one answers.

import { setCacheNameDetails } from "workbox-core";
import { PrecacheController } from "workbox-precaching/PrecacheController.js";
import { registerRoute } from "workbox-routing";

import { turnPage } from "./bundles";
import { keepPublicPage, publicPage } from "./public_pages";
import { hideClearCodes } from "./queue";
import { flush, type Reason } from "./sender";
import { forgetNumbers } from "./tally";

interface App {
  readonly build: string;
  readonly shell: { readonly url: string; readonly revision: string; readonly integrity: string };
  readonly assets: readonly { readonly url: string; readonly revision: null; readonly integrity: string }[];
  /** The headers of a page that people answer on: those of the server's own. */
  readonly headers: Readonly<Record<string, string>>;
}

declare const self: ServiceWorkerGlobalScope & { readonly SVARBOKS: App };

const app = self.SVARBOKS;
/** A browser that only follows a public link keeps that link's page; a tablet keeps the whole app. */
const wholeApp = new URL(self.location.href).searchParams.has("app");

setCacheNameDetails({ prefix: "svarboks", suffix: "1", precache: "app" });
const kept = new PrecacheController();
if (wholeApp) kept.precache([app.shell, ...app.assets]);

const ANSWERING = /^\/(?:tablet\/turn|s)\/[^/]+\/[^/]+$/;

// --- what it answers

registerRoute(({ url, request }) => request.mode === "navigate" && url.pathname === "/tablet", async ({ request }) => {
  return (await kept.matchPrecache(app.shell.url)) ?? fetch(request);
});

registerRoute(({ url, request }) => request.mode === "navigate" && url.pathname.startsWith("/tablet/turn/"), async ({ url, request }) => {
  const [, , , round = "", language = ""] = url.pathname.split("/").map(decodeURIComponent);
  try {
    const page = await turnPage(round, language);
    if (page) return new Response(page.body, { headers: { ...app.headers, "Content-Type": "text/html; charset=utf-8" } });
  } catch {
    // Storage cannot be read: the shell says so.
  }
  return wholeApp ? Response.redirect("/tablet", 302) : fetch(request);
});

registerRoute(({ url, request }) => request.mode === "navigate" && /^\/s\/[^/]+\/[^/]+$/.test(url.pathname), ({ request, event }) => {
  // Also a page that says that the round has ended has us send what was answered before.
  event.waitUntil(flush("opened"));
  return publicPage(request, (work) => event.waitUntil(work));
});

registerRoute(({ url }) => url.pathname.startsWith("/static/built/"), async ({ url, request }) => {
  // A name with its content's hash in it: whoever has it has the right one.
  return (await caches.match(url.pathname)) ?? fetch(request);
});

// --- what it is told

self.addEventListener("message", (event) => {
  const said = event.data as { type?: string; reason?: Reason; address?: string } | null;
  if (said?.type === "flush") event.waitUntil(flush(said.reason ?? "kept"));
  if (said?.type === "keep-page" && said.address) event.waitUntil(keepPublicPage(said.address));
  if (said?.type === "take-over") event.waitUntil(takeOver());
  if (said?.type === "build") event.ports[0]?.postMessage(app.build);
});

/** A new app begins: one before it, from a server that was rolled back, may have changed the queue without the kept numbers, or kept codes
 * as they are. */
self.addEventListener("activate", (event) => event.waitUntil(forgetNumbers().then(hideClearCodes).catch(() => undefined)));

/** The browser calls this when a line is back, also after the last page was closed. Rejecting asks it to try again. */
self.addEventListener("sync", ((event: ExtendableEvent & { readonly tag: string }) => {
  event.waitUntil(
    flush("sync").then(({ counts }) => {
      if (counts.waiting > 0) throw new Error("some still wait");
    }),
  );
}) as EventListener);

/** A new app takes over only while nobody answers: in no page of this browser. */
async function takeOver(): Promise<void> {
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (open.some(({ url }) => ANSWERING.test(new URL(url).pathname))) return;
  await self.skipWaiting();
}
