// What the tablet is, a second time: who it is, what it carries and what its turns hold, in Cache Storage, which has files of its own.
//
// A browser that is killed while it writes may find its database damaged at its next start and begin an empty one. Its answers come
// back from their copies (copies.ts); with a network it asks the server who it is. In a home without one nobody could answer on it.

import type { InstalledBundle } from "./bundles";
import { database, durably, named } from "./storage";

const CACHE = "svarboks-self-1";
const PATH = "/tablet/self";
/** The values of the store `tablet` that go with it, and every total of those who declined. The rest is found out anew. */
const NAMES: readonly string[] = ["enrolment", "standing", "manifest", "epoch", "held", "shown", "shell-language"];

interface Self {
  readonly values: Readonly<Record<string, unknown>>;
  readonly bundles: readonly InstalledBundle[];
}

/** Copies what the tablet is now, where it is one. Never throws: it is only a copy. */
export async function copySelf(): Promise<void> {
  try {
    const reading = (await database()).transaction(["tablet", "bundles"]);
    const store = reading.objectStore("tablet");
    const [names, bundles] = await Promise.all([store.getAllKeys(), reading.objectStore("bundles").getAll()]);
    const wanted = names.filter((name) => NAMES.includes(name) || name.startsWith("declined"));
    const values = Object.fromEntries(await Promise.all(wanted.map(async (name) => [name, await store.get(name)] as const)));
    if (values["enrolment"] === undefined) return;
    const text = JSON.stringify({ values, bundles } satisfies Self);
    await (await caches.open(CACHE)).put(PATH, new Response(text, { headers: { "Content-Type": "application/json" } }));
  } catch {
    // The next change copies it.
  }
}

/** Puts back what the database has lost, where it does not know that this is a tablet and a copy does; whether it was put back.
 *
 * Throws StorageError, and whatever keeps a copy from being read. */
export async function bringBackSelf(): Promise<boolean> {
  if (typeof caches === "undefined" || (await named("enrolment")) !== undefined) return false;
  const found = await (await caches.open(CACHE)).match(PATH);
  if (!found) return false;
  const { values, bundles } = (await found.json()) as Self;
  return durably(["tablet", "bundles"], async (writing) => {
    const store = writing.objectStore("tablet");
    // Another page may have been quicker, or the tablet been enrolled anew meanwhile.
    if ((await store.get("enrolment")) !== undefined) return false;
    for (const [name, value] of Object.entries(values)) if ((await store.get(name)) === undefined) await store.put(value, name);
    for (const bundle of bundles) if (!(await writing.objectStore("bundles").getKey(bundle.round))) await writing.objectStore("bundles").put(bundle);
    return true;
  });
}
