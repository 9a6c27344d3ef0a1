// Forms typed from paper at the desk: the question at hand is large, a digit answers it and goes on to the next, and after the
// last one the next sheet is there. The form goes the way of a plain form, while the next sheet is typed.
//
// A finished sheet lies here until the next one is begun, and is called back by the key that takes an answer back. Only what the
// server might not take (numbers, days, a CPR number in a text) waits for its answer, while the sheet of paper is at hand still.

import { all, called, make } from "./elements";
import { LARGEST_PILE, Pile, differences } from "./two_keyings";
import { clear, entriesOf, fieldsOf, inWords, isBlank, isSure, kindOf, missing, options, refill, showKeys, stopsOf, tick, writing } from "./typing_form";
import { meaning } from "./typing_keys";
import { Outbox, type Refusal, type Sheet } from "./typing_outbox";

type Words = Readonly<Record<string, string>>;

const NOW = "typing-now";
const DIFFERS = "typing-differs";
/** Milliseconds for which a finished sheet can be called back while nothing else is typed. */
const HELD_FOR = 10_000;
/** As many sheets may be on their way; then each waits for the one before it. */
const MOST_ON_THEIR_WAY = 20;
/** Digits alone in a text are more often keys of the question before than what somebody wrote. */
const ONLY_DIGITS = /^\d{1,3}$/;

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
  private saying = false;
  private pointing = false;
  private readonly outbox: Outbox;
  private held: Sheet | null = null;
  private holding = 0;
  private readonly comeBack: { sheet: Sheet; refusal: Refusal }[] = [];

  constructor(
    private readonly form: HTMLFormElement,
    private readonly words: Words,
  ) {
    this.send = called<HTMLButtonElement>("typing-send");
    this.status = called("typing-status");
    this.turn = document.querySelector<HTMLButtonElement>("#typing-turn");
    this.pile = this.form.dataset["twice"] === undefined ? null : new Pile();
    this.stops = [...stopsOf(form), this.send];
    this.outbox = new Outbox(form, this.word("closed"), {
      kept: () => this.kept(),
      refused: (sheet, refusal) => this.refused(sheet, refusal),
      cut: () => {
        this.status.textContent = this.word(this.busy ? "no_connection" : "cut", { number: this.outbox.left });
      },
    });
  }

  start(): void {
    document.documentElement.classList.add("typing-by-keys");
    for (const stop of this.stops) {
      showKeys(stop);
      if (kindOf(stop) === "one" || kindOf(stop) === "several") stop.tabIndex = -1;
      stop.addEventListener("focusin", () => {
        if (!this.pointing) this.mark(this.stops.indexOf(stop));
      });
    }
    this.markAfterPointing();
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
    for (const name of ["input", "change"]) this.form.addEventListener(name, () => this.release());
    window.addEventListener("beforeunload", (event) => {
      this.release();
      if ((this.pile && this.pile.left > 0) || this.busy || this.outbox.left > 0 || this.comeBack.length > 0) event.preventDefault();
    });
    window.addEventListener("pagehide", () => this.release());
    this.tell();
    this.go(this.stops.findIndex((stop) => stop.classList.contains("form-error")));
  }

  /** The question at hand grows, and what a mouse or a thumb presses must not move away beneath it: it grows afterwards. */
  private markAfterPointing(): void {
    document.addEventListener("pointerdown", () => (this.pointing = true), true);
    for (const name of ["pointerup", "pointercancel"]) {
      document.addEventListener(name, () =>
        window.setTimeout(() => {
          this.pointing = false;
          const index = this.stops.findIndex((one) => one.contains(document.activeElement));
          if (index >= 0) this.mark(index);
        }, 0),
      );
    }
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
    this.saying = false;
    if (wanted.do === "back") return this.back();
    this.release();
    const last = this.at === this.stops.length - 2;
    if (wanted.do === "choose") this.choose(stop, options(stop)[wanted.option] ?? null);
    else if (wanted.do === "dont-know") this.choose(stop, missing(stop, "~dont_know"));
    else if (wanted.do === "not-relevant") this.choose(stop, missing(stop, "~not_relevant"));
    else if (wanted.do === "blank") this.blank(stop);
    else if (wanted.do === "on") this.leave(stop);
    else if (wanted.do === "up") this.go(this.at - 1);
    else this.go(this.stops.length - 1);
    if (last && this.stops[this.at] === this.send && event.key !== "ArrowDown") this.pastTheLast();
  }

  /** On from a stop, but not from digits alone in a text before they have been asked about. */
  private leave(stop: HTMLElement): void {
    const said = kindOf(stop) === "text" ? (writing(stop)?.value.trim() ?? "") : "";
    if (ONLY_DIGITS.test(said) && stop.dataset["asked"] !== said) {
      stop.dataset["asked"] = said;
      return this.say("only_digits");
    }
    this.on();
  }

  /** The last question has been answered: the next sheet is there, where this one can be called back. */
  private pastTheLast(): void {
    if (this.pile || this.settling || !this.canBeHeld()) return;
    this.hold();
  }

  private canBeHeld(): boolean {
    const stops = this.stops.slice(0, -1);
    return !stops.every(isBlank) && stops.every(isSure) && this.outbox.left < MOST_ON_THEIR_WAY;
  }

  /** Lay the sheet aside for a moment, and begin the next one. */
  private hold(): void {
    this.held = entriesOf(this.form);
    if (this.comeBack.length > 0) this.release();
    else this.holding = window.setTimeout(() => this.release(), HELD_FOR);
    this.begin();
  }

  /** What lies aside goes on its way. */
  private release(): void {
    if (!this.held) return;
    window.clearTimeout(this.holding);
    this.outbox.add(this.held);
    this.held = null;
    this.tell();
  }

  /** One key back from the beginning of a sheet: the sheet before is there again, its last answer taken back. */
  private callBack(sheet: Sheet): void {
    window.clearTimeout(this.holding);
    this.held = null;
    refill(this.form, sheet);
    this.tell();
    this.at = this.stops.length - 1;
    this.back();
  }

  private kept(): void {
    this.sent += 1;
    if (!this.saying) this.tell();
  }

  /** A sheet that was not taken comes back, at once or after the one at hand. */
  private refused(sheet: Sheet, refusal: Refusal): void {
    this.comeBack.push({ sheet, refusal });
    if (this.busy || !this.stops.slice(0, -1).every(isBlank)) return this.say("comes_back");
    this.release();
    this.showNextRefused();
  }

  private showNextRefused(): void {
    const next = this.comeBack.shift();
    if (!next) return;
    refill(this.form, next.sheet);
    this.showFaults(next.refusal);
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
    if (this.at === 0) {
      if (this.held) this.callBack(this.held);
      return;
    }
    this.release();
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
    if (this.held) return this.release();
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
    this.say(names.length === 1 ? "differs_one" : "differs", { number: names.length });
    this.go(this.stops.findIndex((stop) => stop.classList.contains(DIFFERS)));
  }

  /** Send the form, and go on when the server has it: at once where nothing in it can be refused. */
  private async deliver(): Promise<void> {
    if (!this.pile && this.canBeHeld()) {
      this.outbox.add(entriesOf(this.form));
      return this.begin();
    }
    this.busy = true;
    this.send.disabled = true;
    const refusal = await this.outbox.deliver(entriesOf(this.form));
    this.busy = false;
    this.send.disabled = false;
    if (refusal) return this.showFaults(refusal);
    this.sent += 1;
    this.pile?.settled();
    this.begin();
  }

  private showFaults(told: Refusal): void {
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
    this.saying = true;
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
    this.saying = false;
    delete this.form.dataset["blank"];
    for (const stop of this.stops.slice(0, -1)) {
      clear(stop);
      delete stop.dataset["asked"];
    }
    this.form.querySelector('input[name="~personal"]')?.remove();
    const key = this.form.querySelector<HTMLInputElement>('input[name="~key"]');
    if (key) key.value = newKey();
    this.tell();
    this.go(0);
    this.showNextRefused();
  }

  /** Says where one is: how many were sent, or how far the pile is. */
  private tell(): void {
    const pile = this.pile;
    if (!pile) {
      const number = this.sent + this.outbox.left + 1;
      const kept = this.sent ? this.word(this.sent === 1 ? "sent_one" : "sent", { number: this.sent }) : "";
      this.status.textContent = [kept, this.held ? this.word("held", { number }) : ""].join(" ").trim();
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

  /** Say something that stays until the next key. */
  private say(word: string, params: Record<string, number> = {}): void {
    this.saying = true;
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
