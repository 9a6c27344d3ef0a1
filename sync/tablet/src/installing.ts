// Brings the service worker into this browser and new ones into use: never while somebody answers.

import { alone } from "./single_flight";

/** The whole app is kept (a tablet), or only the pages of the public link that were visited. */
export type Keeps = "app" | "visited";

/** A new worker that is not in use yet is told again so often, in ms. */
const AGAIN_MS = 1000;
/** So long nobody sends once it was told, in ms. */
const QUIET_MS = 500;

const ADDRESSES: Readonly<Record<Keeps, string>> = { app: "/sw.js?app", visited: "/sw.js" };

/** The registration, with the worker installed or on its way; null where the browser has none. */
export async function install(keeps: Keeps): Promise<ServiceWorkerRegistration | null> {
  if (!("serviceWorker" in navigator)) return null;
  try {
    if (keeps === "visited") {
      // A tablet that opens a public link stays a tablet.
      const before = await navigator.serviceWorker.getRegistration("/");
      if (before) return before;
    }
    return await navigator.serviceWorker.register(ADDRESSES[keeps], { scope: "/", updateViaCache: "none" });
  } catch {
    // No network, or a file is missing: what was installed before stays.
    return (await navigator.serviceWorker.getRegistration("/").catch(() => undefined)) ?? null;
  }
}

/** Whether the app itself (not only visited pages) opens without a network. */
export function keepsApp(registration: ServiceWorkerRegistration | null): boolean {
  return registration?.active?.scriptURL.endsWith("?app") ?? false;
}

/** Puts a new worker into use once it is installed, nobody answers and nothing is sent; `mayNow` is asked each time.
 *
 * `changed` is called when the app is another from now on and `mayNow` says yes: it may load the page anew. Gives what tells one that waits, to be
 * called whenever `mayNow` becomes true.
 *
 * The old worker is ended when the new one is told. A request of a page that comes just then starts it again, and Chromium leaves
 * the new one waiting until the old one has been idle for long. So `mayNow` is false while the page asks the server for something,
 * and whoever sends what people answered waits for QUIET_MS. */
export function takeNewOnes(registration: ServiceWorkerRegistration, mayNow: () => boolean, changed: () => void): () => void {
  let timer = 0;
  let coming: ServiceWorker | null = null;
  // Told again until it is in use: the page of a turn that has just ended may still be there when it is told first.
  const tell = (): void => {
    window.clearTimeout(timer);
    const { waiting } = registration;
    // It may be installed a moment before the registration says that it waits.
    if (!waiting && coming?.state !== "installed") return;
    if (waiting && mayNow()) tellInQuiet(waiting);
    timer = window.setTimeout(tell, AGAIN_MS);
  };
  const change = (): void => {
    if (mayNow()) changed();
    else window.setTimeout(change, AGAIN_MS);
  };
  const follow = (found: ServiceWorker | null): void => {
    coming = found ?? coming;
    found?.addEventListener("statechange", () => {
      if (found.state === "installed") tell();
      if (found.state === "activated") change();
    });
  };
  registration.addEventListener("updatefound", () => follow(registration.installing));
  // One may have been found before anybody listened.
  follow(registration.installing);
  if (registration.active) follow(registration.waiting);
  return tell;
}

function tellInQuiet(waiting: ServiceWorker): void {
  const say = (): void => waiting.postMessage({ type: "take-over" });
  // A lease in place of the lock would outlast this page, which is about to be loaded anew.
  if (!("locks" in navigator)) return say();
  void alone(async () => {
    say();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }, false);
}
