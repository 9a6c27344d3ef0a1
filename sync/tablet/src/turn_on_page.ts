// What a turn on a tablet does with the answering page: where its draft lies, what happens to the finished answer, what the
// thank-you offers, and how everything goes when the turn is over.

import { installedBundle } from "./bundles";
import { all, button, called, make } from "./elements";
import type { Drafts } from "./draft";
import type { KioskSay } from "./kiosk_words";
import { keepSealed, mayKeepAnother } from "./queue";
import type { Sealed } from "./sending";
import { Stopwatches } from "./stopwatch";
import { StorageError } from "./storage";
import { draftsOf, leadOn, type Turn, TurnOver } from "./turn";
import { finishTurn, startTurn } from "./turn_course";

/** Where a tablet stands between turns. */
export const SHELL = "/tablet";

export class TurnOnPage {
  readonly drafts: Drafts;
  private watch: Stopwatches | null = null;
  private over = false;

  /** `shape`: that of the questionnaire. `sendSoon` starts the sending of what waits. */
  constructor(
    private readonly turn: Turn,
    private readonly shape: string,
    private readonly say: KioskSay,
    private readonly sendSoon: () => void,
    private readonly ended: () => void,
  ) {
    this.drafts = draftsOf(turn);
  }

  get id(): string {
    return this.turn.id;
  }

  /** The watches that run, for the draft. */
  get running(): [string, number][] {
    return this.watch?.running ?? [];
  }

  /** Puts start, stop and "now" beside what asks for a time. */
  watches(form: HTMLFormElement, changed: () => void): void {
    this.watch = new Stopwatches(form, this.say, changed);
    this.watch.begin();
  }

  resume(running: readonly (readonly [string, number])[]): void {
    this.watch?.resume(running);
  }

  /** What keeping the draft came to: null when it is on disk. */
  kept(error: unknown): void {
    if (error instanceof TurnOver) return this.leave();
    const notice = document.getElementById("not-kept");
    if (error === null) return notice?.remove();
    if (notice || this.over) return;
    const words = make("p", { id: "not-kept", className: "kiosk-notice" }, this.say("not_kept"));
    words.setAttribute("role", "alert");
    called("main").prepend(words);
  }

  /** Keeps the sealed answer for sending and ends the turn. Gives null, or why it could not be kept. */
  async finish({ key, envelope, code }: Sealed): Promise<string | null> {
    try {
      await keepSealed({ key, envelope, round: this.turn.round, channel: "tablet", ...(code ? { code } : {}) });
    } catch (error) {
      return this.say(`turn_${error instanceof StorageError ? error.word : "storage_refused"}`);
    }
    this.over = true;
    this.ended();
    try {
      // Kept twice is kept once: killed before this, the same bytes would go into the queue again under the same key.
      await finishTurn(this.turn.id);
    } catch {
      // The draft cannot be deleted now; the next page of the app does it.
    }
    this.sendSoon();
    return null;
  }

  /** What the thank-you page offers: the next person, and for registrations one more of the same. */
  thank(main: HTMLElement): void {
    this.watch?.stop();
    const again = window.location.href;
    // Reloaded or come back to, this address shows the ready page.
    history.replaceState(null, "", SHELL);
    for (const one of all(document, ".answering-languages, #text-size")) one.hidden = true;
    const actions = make("div", { className: "kiosk-actions" });
    const next = (style: string): HTMLButtonElement => button(this.say("ready_next"), `button ${style}`, () => window.location.replace(SHELL));
    if (this.shape === "registration") {
      const more = button(this.say("one_more"), "button button-primary", () => void this.oneMore(again));
      actions.append(more, next("button-secondary"));
    } else actions.append(next("button-primary"));
    main.append(actions);
  }

  /** The same once more; where that cannot be, the ready page says why. */
  private async oneMore(address: string): Promise<void> {
    try {
      const bundle = await installedBundle(this.turn.round);
      if (!bundle || !(await mayKeepAnother(bundle.paddedSize)).ok) return window.location.replace(SHELL);
      const next = await startTurn(bundle, this.turn.language, this.turn.minutes);
      window.location.replace(next ? address : SHELL);
    } catch {
      window.location.replace(SHELL);
    }
  }

  /** Another page of the same turn: its other languages. */
  goTo(address: string): void {
    leadOn();
    window.location.replace(address);
  }

  /** Nothing of this turn shows any more; on to the ready page. */
  leave(): void {
    this.over = true;
    this.watch?.stop();
    emptyPage();
    this.ended();
    window.location.replace(SHELL);
  }
}

/** Takes everything off the page that a person may have written. */
export function emptyPage(): void {
  document.documentElement.classList.add("blank");
  for (const form of Array.from(document.forms)) form.reset();
  document.body.replaceChildren();
}
