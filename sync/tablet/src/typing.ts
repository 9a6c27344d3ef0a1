// Forms typed from paper at the desk: the question at hand is large, a digit answers it and goes on to the next, Enter sends
// at the end. The form goes the way of a plain form; its one-time key stays the same until the server has said that it has it.

import { all, called, make } from "./elements";
import { LARGEST_PILE, Pile, differences } from "./two_keyings";
import { clear, fieldsOf, inWords, isBlank, kindOf, missing, options, showKeys, stopsOf, tick, writing } from "./typing_form";
import { meaning } from "./typing_keys";

type Words = Readonly<Record<string, string>>;
interface Fault {
  readonly place: string;
  readonly message: string;
}

const NOW = "typing-now";
const DIFFERS = "typing-differs";
/** Milliseconds between two tries of sending. */
const AGAIN_AFTER = [1000, 2000, 4000, 8000, 15000];

class Typing {
  private readonly stops: HTMLElement[];
  private readonly send: HTMLButtonElement;
  private readonly status: HTMLElement;
  private readonly pile: Pile | null;
  private readonly turn: HTMLButtonElement | null;
  private at = 0;
  private sent = 0;
  private busy = false;
  private settling = false;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly words: Words,
  ) {
    this.send = called<HTMLButtonElement>("typing-send");
    this.status = called("typing-status");
    this.turn = document.querySelector<HTMLButtonElement>("#typing-turn");
    this.pile = this.form.dataset["twice"] === undefined ? null : new Pile();
    this.stops = [...stopsOf(form), this.send];
  }

  start(): void {
    document.documentElement.classList.add("typing-by-keys");
    for (const stop of this.stops) {
      showKeys(stop);
      if (kindOf(stop) === "one" || kindOf(stop) === "several") stop.tabIndex = -1;
      stop.addEventListener("focusin", () => this.mark(this.stops.indexOf(stop)));
    }
    this.form.addEventListener("keydown", (event) => this.pressed(event));
    this.form.addEventListener("click", (event) => this.tapped(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.finish();
    });
    for (const button of all(document, "[data-typing]")) {
      button.addEventListener("click", () => (button.dataset["typing"] === "back" ? this.back() : this.on()));
    }
    this.turn?.addEventListener("click", () => this.turnPile());
    window.addEventListener("beforeunload", (event) => {
      if ((this.pile && this.pile.left > 0) || this.busy) event.preventDefault();
    });
    this.tell();
    this.go(this.stops.findIndex((stop) => stop.classList.contains("form-error")));
  }

  private pressed(event: KeyboardEvent): void {
    const stop = this.stops.find((one) => one.contains(event.target as Node));
    if (!stop || this.busy) {
      if (this.busy) event.preventDefault();
      return;
    }
    const field = writing(stop);
    const kind = kindOf(stop);
    const wanted = meaning(event, kind, options(stop).length, !field || field.value === "");
    if (!wanted) {
      // The desk's own keys (g h leads to its front page) would lose what is typed; "?" still lists the keys.
      if ((kind === "one" || kind === "several") && event.key !== "?" && event.key.length === 1) event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    this.at = this.stops.indexOf(stop);
    if (wanted.do === "choose") this.choose(stop, options(stop)[wanted.option] ?? null);
    else if (wanted.do === "dont-know") this.choose(stop, missing(stop, "~dont_know"));
    else if (wanted.do === "not-relevant") this.choose(stop, missing(stop, "~not_relevant"));
    else if (wanted.do === "blank") this.blank(stop);
    else if (wanted.do === "on") this.on();
    else if (wanted.do === "up") this.go(this.at - 1);
    else if (wanted.do === "end") this.go(this.stops.length - 1);
    else this.back();
  }

  /** A tap on an option is an answer, as a digit is. Keys reach a box by arrows too, and then nothing moves on. */
  private tapped(event: MouseEvent): void {
    // A tap on a label comes twice: by itself and, by way of the label, on its box.
    const box = event.target;
    if (event.detail === 0 || !(box instanceof HTMLInputElement) || !box.closest("label.option")) return;
    const stop = this.stops.find((one) => one.contains(box));
    if (!stop) return;
    this.at = this.stops.indexOf(stop);
    if (box.type === "radio") window.setTimeout(() => this.on(), 0);
  }

  private choose(stop: HTMLElement, box: HTMLInputElement | null): void {
    if (!box) return;
    tick(stop, box);
    if (kindOf(stop) === "one" || box.value.startsWith("~")) this.on();
  }

  private blank(stop: HTMLElement): void {
    clear(stop);
    this.on();
  }

  /** One question back, and what was answered there is taken back. */
  private back(): void {
    if (this.at === 0) return;
    this.go(this.at - 1);
    const stop = this.stops[this.at];
    if (stop && (kindOf(stop) === "one" || kindOf(stop) === "several")) clear(stop);
  }

  private on(): void {
    const stop = this.stops[this.at];
    if (stop && kindOf(stop) === "number") this.missingInField(stop);
    const following = this.stops.findIndex(
      (one, index) => index > this.at && (!this.settling || one === this.send || one.classList.contains(DIFFERS)),
    );
    this.go(following < 0 ? this.stops.length - 1 : following);
  }

  /** "-" and "*" alone in a field of numbers are the missing states. */
  private missingInField(stop: HTMLElement): void {
    const field = writing(stop);
    const state = field?.value.trim() === "-" ? "~dont_know" : field?.value.trim() === "*" ? "~not_relevant" : null;
    const box = state && missing(stop, state);
    if (box && !box.checked) tick(stop, box);
  }

  private go(index: number): void {
    this.mark(Math.max(0, Math.min(index, this.stops.length - 1)));
    const stop = this.stops[this.at];
    if (!stop) return;
    const field = writing(stop);
    (field ?? stop).focus({ preventScroll: true });
    if (field instanceof HTMLInputElement && field.type === "text") field.select();
    stop.scrollIntoView({ block: "nearest" });
  }

  private mark(index: number): void {
    this.at = index;
    this.stops.forEach((stop, other) => stop.classList.toggle(NOW, other === index));
  }

  private async finish(): Promise<void> {
    if (this.busy) return;
    if (this.stops.slice(0, -1).every(isBlank) && this.form.dataset["blank"] !== "asked") {
      // An Enter too many must not become an empty sheet; a sheet that is empty is sent by a second one.
      this.form.dataset["blank"] = "asked";
      return this.say("empty");
    }
    if (this.pile && !this.pile.second) return this.keepFirst(this.pile);
    if (this.pile?.first && !this.settling) {
      const first = this.pile.first;
      const names = differences(first, fieldsOf(this.form));
      if (names.length > 0) return this.showDifferences(names);
    }
    await this.deliver();
  }

  private keepFirst(pile: Pile): void {
    pile.add(fieldsOf(this.form));
    this.begin();
    if (pile.full) this.turnPile();
  }

  private turnPile(): void {
    if (!this.pile || this.pile.left === 0 || this.pile.second) return;
    this.pile.turn();
    this.begin();
  }

  private showDifferences(names: readonly string[]): void {
    const first = this.pile?.first;
    if (!first) return;
    this.settling = true;
    for (const stop of this.stops) {
      const own = names.filter((name) => name === stop.dataset["question"]);
      stop.classList.toggle(DIFFERS, own.length > 0);
      for (const name of own) {
        const note = this.word("first_time", { answer: inWords(stop, name, first, this.word("blank")) });
        stop.prepend(make("p", { className: "typing-note" }, note));
      }
    }
    this.say("differs", { number: names.length });
    this.go(this.stops.findIndex((stop) => stop.classList.contains(DIFFERS)));
  }

  /** Send the form, again and again with the same one-time key, until the server has answered. */
  private async deliver(): Promise<void> {
    this.busy = true;
    this.send.disabled = true;
    for (let tried = 0; ; tried += 1) {
      const answer = await this.post().catch(() => null);
      if (answer === "kept") break;
      if (answer !== null && answer !== "again") {
        this.busy = false;
        this.send.disabled = false;
        return this.showFaults(answer);
      }
      this.say("no_connection");
      await new Promise((resolve) => window.setTimeout(resolve, AGAIN_AFTER[Math.min(tried, AGAIN_AFTER.length - 1)]));
      await this.renewToken();
    }
    this.sent += 1;
    this.pile?.settled();
    this.busy = false;
    this.send.disabled = false;
    this.begin();
  }

  private async post(): Promise<"kept" | "again" | { faults: readonly Fault[]; personal: readonly string[] }> {
    const response = await fetch(this.form.action, {
      method: "POST",
      body: new URLSearchParams([...new FormData(this.form)].map(([name, value]): [string, string] => [name, String(value)])),
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "error",
    });
    if (response.headers.get("Content-Type")?.startsWith("application/json") !== true) {
      // Signed out in the meantime, busy, or a page of somebody else's network: nothing has been received.
      if (response.status === 409 || response.status === 404) return { faults: [{ place: "", message: this.word("closed") }], personal: [] };
      return "again";
    }
    const told = (await response.json()) as { kept?: boolean; faults?: Fault[]; personal?: string[] };
    return response.status === 201 && told.kept === true ? "kept" : { faults: told.faults ?? [], personal: told.personal ?? [] };
  }

  /** After signing in again in another window the form's token is a new one: the page knows it. */
  private async renewToken(): Promise<void> {
    const page = await fetch(window.location.href, { credentials: "same-origin" }).catch(() => null);
    if (!page?.ok) return;
    const found = /name="~token" value="([0-9a-f]+)"/.exec(await page.text().catch(() => ""));
    const field = this.form.querySelector<HTMLInputElement>('input[name="~token"]');
    if (found?.[1] && field) field.value = found[1];
  }

  private showFaults(told: { faults: readonly Fault[]; personal: readonly string[] }): void {
    this.unmark();
    const messages = [...told.faults, ...told.personal.map((place) => ({ place, message: this.word("personal") }))];
    for (const { place, message } of messages) {
      const stop = this.stops.find((one) => one.dataset["question"] === place);
      stop?.classList.add("form-error");
      stop?.prepend(make("p", { className: "typing-note form-error-message" }, message));
    }
    if (told.faults.length === 0 && told.personal.length > 0) {
      // Asked about once: sent again, it is blacked out when the answers are mixed.
      this.form.append(make("input", { type: "hidden", name: "~personal", value: "seen" }));
    }
    this.status.textContent = messages.map((one) => one.message).join(" ");
    this.go(this.stops.findIndex((stop) => stop.classList.contains("form-error")));
  }

  private unmark(): void {
    for (const note of all(this.form, ".typing-note")) note.remove();
    for (const stop of this.stops) stop.classList.remove("form-error", DIFFERS);
  }

  /** An empty form with a new one-time key. */
  private begin(): void {
    this.unmark();
    this.settling = false;
    delete this.form.dataset["blank"];
    for (const stop of this.stops.slice(0, -1)) clear(stop);
    this.form.querySelector('input[name="~personal"]')?.remove();
    const key = this.form.querySelector<HTMLInputElement>('input[name="~key"]');
    if (key) key.value = newKey();
    this.tell();
    this.go(0);
  }

  /** Says where one is: how many were sent, or how far the pile is. */
  private tell(): void {
    const pile = this.pile;
    if (!pile) {
      this.status.textContent = this.sent ? this.word(this.sent === 1 ? "sent_one" : "sent", { number: this.sent }) : "";
      return;
    }
    const sent = this.sent ? ` ${this.word(this.sent === 1 ? "sent_one" : "sent", { number: this.sent })}` : "";
    this.status.textContent =
      (pile.second
        ? this.word("second", { number: pile.number, total: pile.size })
        : this.word("first", { number: pile.left + 1, most: LARGEST_PILE })) + sent;
    if (this.turn) this.turn.hidden = pile.second || pile.left === 0;
    this.send.textContent = this.word(pile.second ? "send" : "next_sheet");
  }

  private say(word: string, params: Record<string, number> = {}): void {
    this.status.textContent = this.word(word, params);
  }

  private word(name: string, params: Record<string, string | number> = {}): string {
    return (this.words[name] ?? name).replace(/\{(\w+)\}/g, (_, key: string) => String(params[key] ?? ""));
  }
}

/** 32 hex digits that are derived from nothing. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const form = document.getElementById("typing");
if (form instanceof HTMLFormElement) {
  new Typing(form, JSON.parse(called("typing-words").textContent ?? "{}") as Words).start();
}
