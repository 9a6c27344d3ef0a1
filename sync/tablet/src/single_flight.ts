// One sender at a time among all pages and the worker of this browser. Two would do no harm (a server takes the same bytes
// once), but would share a slow line.

import { durably } from "./storage";

const NAME = "svarboks-sending";
/** Where the browser has no locks: a lease that whoever holds it renews with each batch. In ms. */
const LEASE = 150_000;

/** Runs `act` when nobody else in this browser sends. `wait`: until then; else gives null at once when somebody does. */
export async function alone<T>(act: () => Promise<T>, wait: boolean): Promise<T | null> {
  const locks = (globalThis.navigator as Partial<typeof navigator> | undefined)?.locks;
  if (locks) return locks.request(NAME, wait ? {} : { ifAvailable: true }, async (lock) => (lock ? act() : null));
  const mine = Math.random();
  if (!(await takeLease(mine))) return null;
  try {
    return await act();
  } finally {
    await durably(["tablet"], async (writing) => {
      const store = writing.objectStore("tablet");
      if (((await store.get("lease")) as Lease | undefined)?.owner === mine) await store.delete("lease");
    });
  }
}

interface Lease {
  readonly owner: number;
  readonly until: number;
}

function takeLease(owner: number): Promise<boolean> {
  return durably(["tablet"], async (writing) => {
    const store = writing.objectStore("tablet");
    const held = (await store.get("lease")) as Lease | undefined;
    const left = held ? held.until - Date.now() : 0;
    // Further away than any lease reaches: the clock was set back.
    if (left > 0 && left <= LEASE) return false;
    await store.put({ owner, until: Date.now() + LEASE } satisfies Lease, "lease");
    return true;
  });
}
