// The staff's PIN: looked at on the tablet itself, against the slow hash that the desk gave it at enrolment.
//
// Wrong tries make the next one wait, longer each time and also after a reload; nothing is ever locked or deleted.

import { asked, inDraftStore } from "./draft_store";
import { buffer, toHex } from "./seal";

/** PBKDF2-SHA256; `salt` and `hash` are base64url. */
export interface Pin {
  readonly salt: string;
  readonly iterations: number;
  readonly hash: string;
}

const TRIES = "~pin";
const FREE_TRIES = 3;
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 300;

/** Whether `typed` is the PIN; digits of any script count as digits, spaces do not count. */
export async function isPin(pin: Pin, typed: string): Promise<boolean> {
  const digits = latinDigits(typed).replace(/\s/g, "");
  const wanted = fromBase64url(pin.hash);
  const material = await crypto.subtle.importKey("raw", buffer(new TextEncoder().encode(digits)), "PBKDF2", false, ["deriveBits"]);
  const derive = { name: "PBKDF2", hash: "SHA-256", salt: buffer(fromBase64url(pin.salt)), iterations: pin.iterations };
  const found = new Uint8Array(await crypto.subtle.deriveBits(derive, material, 8 * wanted.length));
  return toHex(found) === toHex(wanted);
}

/** Seconds to wait after so many wrong tries in a row. */
export function pauseAfter(wrong: number): number {
  return wrong < FREE_TRIES ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (wrong - FREE_TRIES));
}

/** How many tries in a row were wrong on this tablet. */
export async function wrongTries(): Promise<number> {
  return (await inDraftStore("readonly", (store) => asked(store.get(TRIES) as IDBRequest<number | undefined>))) ?? 0;
}

/** Writes down a try; gives how many in a row were wrong. */
export function countTry(right: boolean): Promise<number> {
  return inDraftStore("readwrite", async (store) => {
    if (right) {
      await asked(store.delete(TRIES));
      return 0;
    }
    const wrong = ((await asked(store.get(TRIES) as IDBRequest<number | undefined>)) ?? 0) + 1;
    await asked(store.put(wrong, TRIES));
    return wrong;
  });
}

/** Arabic and Persian digits as the Latin ones. */
export function latinDigits(text: string): string {
  return text.replace(/[٠-٩۰-۹]/g, (digit) => String("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹".indexOf(digit) % 10));
}

function fromBase64url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
}
