// The code of a letter beside a sealed answer that is kept here: encrypted, so that what lies in the browser's storage does not tell
// which letters have answered. A server restored from a backup asks for code and answer anew, so it cannot simply be deleted.

import { buffer } from "./seal";
import { durably, named } from "./storage";

const KEY = "code-key";

export interface HiddenCode {
  readonly iv: Uint8Array;
  readonly box: ArrayBuffer;
}

/** This browser's own key, which no script can take out; made at the first need, once for all pages. */
async function ownKey(): Promise<CryptoKey> {
  const kept = await named<CryptoKey>(KEY);
  if (kept) return kept;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  return durably(["tablet"], async (writing) => {
    const store = writing.objectStore("tablet");
    const first = (await store.get(KEY)) as CryptoKey | undefined;
    if (!first) await store.put(made, KEY);
    return first ?? made;
  });
}

/** A code, readable only beside the answer with this key. Throws StorageError. */
export async function hideCode(key: string, code: string): Promise<HiddenCode> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const how = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(key) };
  return { iv, box: await crypto.subtle.encrypt(how, await ownKey(), new TextEncoder().encode(code)) };
}

/** The code again; "" where it cannot be read: the server then asks for it. */
export async function revealCode(key: string, { iv, box }: HiddenCode): Promise<string> {
  try {
    const how = { name: "AES-GCM", iv: buffer(iv), additionalData: new TextEncoder().encode(key) };
    return new TextDecoder().decode(await crypto.subtle.decrypt(how, await ownKey(), box));
  } catch {
    return "";
  }
}
