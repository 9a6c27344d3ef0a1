// A pause that loses nothing: the unfinished answer of this browser, encrypted with a key that cannot be taken out of it.
//
// One draft a round, on a tablet one a turn (turn.ts). The key is made anew for each draft and goes with it. Which tab a draft belongs to is known by a
// marker in that tab's sessionStorage: in the same tab it comes back silently, elsewhere a person is asked first.

import { asked, inDraftStore } from "./draft_store";
import { buffer, randomKey } from "./seal";

/** What is kept: the fields as they stand, the page, and, once sealed, the bytes that will be sent (again). */
export interface Draft {
  readonly fields: readonly (readonly [string, string])[];
  readonly page: string;
  readonly sealed?: { readonly key: string; readonly envelope: readonly number[] };
  /** Watches that run: the place of the question, and when it was started, in ms since 1970. */
  readonly running?: readonly (readonly [string, number])[];
}

interface Kept {
  readonly marker: string;
  readonly key: CryptoKey;
  readonly iv: Uint8Array;
  readonly box: ArrayBuffer;
  /** Whole days since 1970: enough to let an old draft go. */
  readonly day: number;
}

const KEPT_FOR_DAYS = 30;

export type Found = "none" | "own" | "other";

export class Drafts {
  private readonly tab: string;
  private key: CryptoKey | null = null;
  private marker = "";
  private last: Promise<void> = Promise.resolve();

  /** `mayKeep` looks, in the transaction that keeps a draft, whether it may still be kept; it throws when not. */
  constructor(
    private readonly name: string,
    private readonly today: () => number = () => Math.floor(Date.now() / 86_400_000),
    private readonly mayKeep: (store: IDBObjectStore) => Promise<void> = () => Promise.resolve(),
  ) {
    this.tab = `svarboks-draft-${name}`;
  }

  /** Whether this browser holds a draft of the round, and whether it is this tab's. */
  async look(): Promise<Found> {
    const kept = await this.kept();
    if (!kept) return "none";
    if (this.today() - kept.day > KEPT_FOR_DAYS) {
      await this.clear();
      return "none";
    }
    return sessionStorage.getItem(this.tab) === kept.marker ? "own" : "other";
  }

  /** The draft, which from now on is this tab's; null when there is none that can be read. */
  async take(): Promise<Draft | null> {
    const kept = await this.kept();
    if (!kept) return null;
    try {
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: buffer(kept.iv) }, kept.key, kept.box);
      this.key = kept.key;
      this.marker = kept.marker;
      sessionStorage.setItem(this.tab, kept.marker);
      return JSON.parse(new TextDecoder().decode(plain)) as Draft;
    } catch {
      await this.clear();
      return null;
    }
  }

  /** Keeps `draft` in place of the last one. Resolves when it is on disk; calls are carried out one after the other. */
  keep(draft: Draft): Promise<void> {
    return this.next(() => this.write(draft));
  }

  /** Deletes the draft and its key. */
  clear(): Promise<void> {
    return this.next(async () => {
      this.key = null;
      this.marker = "";
      sessionStorage.removeItem(this.tab);
      await inDraftStore("readwrite", (store) => asked(store.delete(this.name)));
    });
  }

  /** One after the other; what went wrong before does not stop what comes after. */
  private next(act: () => Promise<void>): Promise<void> {
    const done = this.last.then(act);
    this.last = done.catch(() => undefined);
    return done;
  }

  private async write(draft: Draft): Promise<void> {
    if (!this.key) {
      this.key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      this.marker = randomKey();
      sessionStorage.setItem(this.tab, this.marker);
    }
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(draft));
    const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, buffer(plain));
    const kept: Kept = { marker: this.marker, key: this.key, iv, box, day: this.today() };
    await inDraftStore("readwrite", async (store) => {
      await this.mayKeep(store);
      await asked(store.put(kept, this.name));
    });
  }

  private kept(): Promise<Kept | undefined> {
    return inDraftStore<Kept | undefined>("readonly", (store) => asked(store.get(this.name)));
  }
}
