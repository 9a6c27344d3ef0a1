// Sends one sealed answer until it is received. Only a receipt for exactly these bytes counts: a 200, a login page or any
// other HTML delivers nothing.

import { buffer, digest } from "./seal";

export interface Sealed {
  readonly key: string;
  readonly envelope: Uint8Array;
  /** The code of a letter, where the round asks for one. */
  readonly code?: string;
}

export type Delivery = { readonly state: "received" } | { readonly state: "refused"; readonly code: string };

export interface Surroundings {
  readonly fetch: typeof fetch;
  /** Resolves after so many seconds, or sooner when there is a reason to try now. */
  readonly pause: (seconds: number) => Promise<void>;
  /** Called each time it did not work and will be tried again. */
  readonly again: () => void;
}

const LONGEST_PAUSE = 60;
const TIMEOUT_MS = 30_000;
const FINAL = [400, 403, 404, 409, 413, 415];

/** Tries with the same bytes until they are received or refused. */
export async function deliver(url: string, sealed: Sealed, around: Surroundings): Promise<Delivery> {
  const expected = await digest(sealed.envelope);
  for (let pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const result = await attempt(url, sealed, expected, around.fetch);
    if (typeof result === "object") return result;
    around.again();
    await around.pause(Math.max(pause, result));
  }
}

/** A delivery, or the seconds that the server asks to wait (0: none). */
async function attempt(url: string, sealed: Sealed, expected: string, send: typeof fetch): Promise<Delivery | number> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  try {
    const response = await send(url, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream", ...(sealed.code ? { "Svarboks-Code": sealed.code } : {}) },
      body: buffer(sealed.envelope),
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: stop.signal,
    });
    const type = response.headers.get("Content-Type") ?? "";
    const said = type.includes("json") ? ((await response.json()) as Record<string, unknown>) : {};
    if (response.status === 201 && said["key"] === sealed.key && said["digest"] === expected) return { state: "received" };
    // Without a code it is not our server that refuses, but something in between: try again.
    const code = type.includes("problem+json") && typeof said["code"] === "string" ? said["code"] : "";
    if (code !== "" && (FINAL.includes(response.status) || code === "round-full")) return { state: "refused", code };
    const wait = Number(response.headers.get("Retry-After"));
    return Number.isFinite(wait) && wait > 0 ? Math.min(wait, 5 * LONGEST_PAUSE) : 0;
  } catch {
    return 0;
  } finally {
    clearTimeout(timer);
  }
}
