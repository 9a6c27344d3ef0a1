// Start and stop for a question that asks how long something took, and "now" for one that asks when.

import { all, button, make } from "./elements";
import type { KioskSay } from "./kiosk_words";

const MINUTE = 60_000;

/** Whole minutes between two moments, as they are registered: at least one. */
export function minutesBetween(start: number, end: number): number {
  return Math.max(1, Math.round((end - start) / MINUTE));
}

/** "3:07" or "1:03:07". */
export function shownTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (number: number): string => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The watches of a form. When one was started stands on its question, and in the draft: it outlives a reload. */
export class Stopwatches {
  private timer = 0;

  /** `changed` is called when a watch was started or stopped. */
  constructor(
    private readonly form: HTMLFormElement,
    private readonly say: KioskSay,
    private readonly changed: () => void,
    private readonly now: () => number = Date.now,
  ) {}

  /** The watches that run, for the draft. */
  get running(): [string, number][] {
    return all(this.form, "[data-started]").map((question) => [question.dataset["question"] ?? "", Number(question.dataset["started"])]);
  }

  /** Lets go on what ran when the draft was kept. */
  resume(running: readonly (readonly [string, number])[]): void {
    for (const [place, start] of running) {
      const question = document.getElementById(`q-${place}`);
      if (question) question.dataset["started"] = String(start);
    }
    // The draft may have brought repetitions back.
    this.offer();
  }

  /** Puts the buttons on the page, those of repetitions that come later too. */
  begin(): void {
    this.offer();
    this.form.addEventListener("click", (event) => {
      if ((event.target as Element).closest(".add-repetition")) this.offer();
    });
    this.timer = window.setInterval(() => this.draw(), 1000);
  }

  stop(): void {
    window.clearInterval(this.timer);
    for (const question of all(this.form, "[data-started]")) delete question.dataset["started"];
  }

  private offer(): void {
    for (const question of all(this.form, "[data-kind=duration], [data-kind=time]")) {
      if (question.querySelector(":scope > .watch") || question.tagName === "TD") continue;
      const words = question.dataset["kind"] === "time" ? "watch_now" : "watch_start";
      const press = button(this.say(words), "button button-secondary watch-button", () => this.press(question));
      const shown = make("span", { className: "watch-time", hidden: true });
      const watch = make("div", { className: "watch" }, press, shown);
      question.querySelector(":scope > .field")?.after(watch);
    }
    this.draw();
  }

  private press(question: HTMLElement): void {
    const field = question.querySelector<HTMLInputElement>(".field input");
    if (!field) return;
    const start = question.dataset["started"];
    if (question.dataset["kind"] === "time") {
      const moment = new Date(this.now());
      this.fill(field, [moment.getHours(), moment.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":"));
    } else if (start === undefined) {
      question.dataset["started"] = String(this.now());
      this.changed();
    } else {
      delete question.dataset["started"];
      this.fill(field, String(minutesBetween(Number(start), this.now())));
    }
    this.draw();
  }

  private fill(field: HTMLInputElement, value: string): void {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  private draw(): void {
    for (const watch of all(this.form, ".watch")) {
      const question = watch.closest<HTMLElement>("[data-question]");
      if (question?.dataset["kind"] !== "duration") continue;
      const start = question.dataset["started"];
      const press = watch.querySelector<HTMLElement>(".watch-button");
      const shown = watch.querySelector<HTMLElement>(".watch-time");
      if (!press || !shown) continue;
      press.textContent = this.say(start === undefined ? "watch_start" : "watch_stop");
      shown.hidden = start === undefined;
      if (start !== undefined) shown.textContent = this.say("watch_running", { time: shownTime(this.now() - Number(start)) });
    }
  }
}
