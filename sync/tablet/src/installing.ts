// Brings the service worker into this browser and new ones into use: never while somebody answers.

/** The whole app is kept (a tablet), or only the pages of the public link that were visited. */
export type Keeps = "app" | "visited";

/** A new worker that is not in use yet is told again so often, in ms. */
const AGAIN_MS = 1000;

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

/** Puts a new worker into use as soon as it is installed and nobody answers; `mayNow` is asked each time.
 *
 * `changed` is called when the app is another from now on. */
export function takeNewOnes(registration: ServiceWorkerRegistration, mayNow: () => boolean, changed: () => void): () => void {
  let timer = 0;
  // Told again until it is in use: the page of a turn that has just ended may still be there when it is told first. A worker
  // that says itself that it is installed is not asked for among those that wait: the browser may put it there a moment later.
  const tell = (coming: ServiceWorker | null = registration.waiting): void => {
    window.clearTimeout(timer);
    if (coming?.state !== "installed") return;
    if (mayNow()) coming.postMessage({ type: "take-over" });
    timer = window.setTimeout(() => tell(registration.waiting ?? coming), AGAIN_MS);
  };
  const follow = (coming: ServiceWorker | null): void =>
    coming?.addEventListener("statechange", () => {
      if (coming.state === "installed") tell(coming);
      if (coming.state === "activated") changed();
    });
  registration.addEventListener("updatefound", () => follow(registration.installing));
  // One may have been found before anybody listened.
  follow(registration.installing);
  if (registration.active) follow(registration.waiting);
  tell();
  return () => tell();
}
