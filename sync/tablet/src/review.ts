// Marks of scanned sheets looked at by keys: each decision is sent by itself, in turn, until the server has answered, while
// the next one is already looked at.

import { all, called, make } from "./elements";
import { clear, kindOf, missing, options, showKeys, tick, writing } from "./typing_form";
import { meaning } from "./typing_keys";

type Words = Readonly<Record<string, string>>;
type Answer = { readonly state?: string; readonly said?: readonly string[]; readonly undone?: { readonly sheet: number; readonly place: string } | null };

const NOW = "review-now";
const DONE = "review-done";
const AGAIN_AFTER = [1000, 2000, 4000, 8000, 15000];

class Review {
  private readonly items: HTMLFormElement[];
  private readonly status = called("review-status");
  private readonly left = document.getElementById("review-left");
  private at = -1;
  private pending = 0;
  private chain: Promise<void> = Promise.resolve();
  private number: number;

  constructor(
    private readonly list: HTMLElement,
    private readonly words: Words,
  ) {
    this.items = all(list, "form.review-item") as HTMLFormElement[];
    this.number = Number(this.left?.dataset["left"] ?? this.items.length);
  }

  start(): void {
    document.documentElement.classList.add("typing-by-keys");
    for (const item of this.items) {
      showKeys(item);
      item.tabIndex = -1;
      item.addEventListener("focusin", () => this.mark(this.items.indexOf(item)));
      item.addEventListener("submit", (event) => {
        event.preventDefault();
        const pressed = event.submitter ?? document.activeElement;
        if (pressed instanceof HTMLButtonElement && pressed.value === "out") this.leaveOut(item);
        else this.save(item);
      });
      item.addEventListener("click", (event) => this.tapped(item, event));
    }
    this.list.addEventListener("keydown", (event) => this.pressed(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.pending > 0) event.preventDefault();
    });
    this.next(-1);
  }

  private pressed(event: KeyboardEvent): void {
    const target = event.target as Element;
    const item = target.closest<HTMLFormElement>("form.review-item");
    if (!item || target.closest("a, button")) return;
    const field = writing(item);
    const inField = target === field || target.matches("textarea");
    const kind = inField ? kindOf(item) : field ? "one" : kindOf(item);
    const wanted = meaning(event, kind, options(item).length, !inField || (target as HTMLInputElement).value === "");
    if (!wanted) {
      if (event.key === "s" && !inField && !event.ctrlKey && !event.metaKey) item.querySelector<HTMLAnchorElement>(".review-whole")?.click();
      if (!inField && event.key !== "?" && event.key.length === 1) event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (wanted.do === "choose") this.choose(item, options(item)[wanted.option] ?? null);
    else if (wanted.do === "dont-know") this.choose(item, missing(item, "~dont_know"));
    else if (wanted.do === "not-relevant") this.choose(item, missing(item, "~not_relevant"));
    else if (wanted.do === "blank") this.blank(item);
    else if (wanted.do === "back") this.undo();
    else if (wanted.do === "up") this.move(-1);
    else if (event.key === "ArrowDown") this.move(1);
    else this.entered(item, target);
  }

  /** Enter goes from the words to their translation, and saves what has been said; it never says "blank" by itself. */
  private entered(item: HTMLFormElement, target: Element): void {
    const translation = item.querySelector<HTMLTextAreaElement>("textarea[name=translation]");
    const field = writing(item);
    // "-" and "*" alone in a field are the missing states, as in typing.
    const sign = field?.value.trim();
    const state = sign === "-" ? missing(item, "~dont_know") : sign === "*" ? missing(item, "~not_relevant") : null;
    if (state) tick(item, state);
    if (translation && target === field && field.value.trim() !== "") translation.focus();
    else if (this.says(item)) this.save(item);
    else this.move(1);
  }

  private says(item: HTMLFormElement): boolean {
    return valuesOf(item).length > 0;
  }

  private tapped(item: HTMLFormElement, event: MouseEvent): void {
    const box = event.target;
    if (event.detail === 0 || !(box instanceof HTMLInputElement) || box.type !== "radio") return;
    window.setTimeout(() => this.save(item), 0);
  }

  private choose(item: HTMLFormElement, box: HTMLInputElement | null): void {
    if (!box) return;
    tick(item, box);
    if (kindOf(item) !== "several" || box.value.startsWith("~")) this.save(item);
  }

  private blank(item: HTMLFormElement): void {
    clear(item);
    this.save(item);
  }

  private save(item: HTMLFormElement): void {
    const body = bodyOf(item);
    item.classList.remove("form-error");
    for (const note of all(item, ".typing-note")) note.remove();
    const said = { answer: inWords(item) || this.word("blank") };
    this.finish(item, this.word("on_its_way", said));
    this.send(body, (answer, status) => {
      if (status === 422) this.again(item, answer);
      else if (item.classList.contains(DONE)) note(item, answer.state === "taken" ? this.word("taken") : this.word("saved", said));
    });
    this.next(this.items.indexOf(item));
  }

  private leaveOut(item: HTMLFormElement): void {
    const body = bodyOf(item);
    body.set("do", "out");
    this.finish(item, this.word("on_its_way", { answer: this.word("left_out") }));
    this.send(body, () => note(item, this.word("left_out")));
    this.next(this.items.indexOf(item));
  }

  private finish(item: HTMLFormElement, said: string): void {
    if (!item.classList.contains(DONE)) this.number -= 1;
    item.classList.add(DONE);
    note(item, said);
    this.tell();
  }

  private again(item: HTMLFormElement, answer: Answer): void {
    this.open(item);
    item.classList.add("form-error");
    const said = answer.state === "personal" ? [this.word("personal")] : (answer.said ?? []);
    for (const one of said) item.querySelector("fieldset")?.prepend(make("p", { className: "typing-note form-error-message" }, one));
    if (answer.state === "personal") item.append(make("input", { type: "hidden", name: "seen", value: "1" }));
    this.status.textContent = said.join(" ");
    this.go(this.items.indexOf(item));
  }

  private open(item: HTMLFormElement): void {
    if (item.classList.contains(DONE)) this.number += 1;
    item.classList.remove(DONE);
    item.querySelector(".review-saved")?.remove();
    this.tell();
  }

  private undo(): void {
    const body = new URLSearchParams({ "~token": this.list.dataset["token"] ?? "", do: "undo" });
    this.send(body, (answer) => {
      const back = answer.undone;
      if (!back) {
        this.status.textContent = this.word("nothing_to_undo");
        return;
      }
      const item = this.items.find((one) => one.dataset["sheet"] === String(back.sheet) && one.dataset["place"] === back.place);
      if (!item) return window.location.reload();
      this.open(item);
      clear(item);
      this.go(this.items.indexOf(item));
      this.status.textContent = this.word("undone");
    });
  }

  /** One after another, each again and again until the server has answered. */
  private send(body: URLSearchParams, then: (answer: Answer, status: number) => void): void {
    this.pending += 1;
    this.chain = this.chain.then(async () => {
      for (let tried = 0; ; tried += 1) {
        const said = await post(this.list.dataset["at"] ?? "", body).catch(() => null);
        if (said !== null) {
          this.pending -= 1;
          then(said.answer, said.status);
          if (this.pending === 0 && this.items.every((one) => one.classList.contains(DONE))) window.location.reload();
          return;
        }
        this.status.textContent = this.word("saving", { number: this.pending });
        await new Promise((resolve) => window.setTimeout(resolve, AGAIN_AFTER[Math.min(tried, AGAIN_AFTER.length - 1)]));
      }
    });
  }

  private next(from: number): void {
    const open = (one: HTMLFormElement): boolean => !one.classList.contains(DONE);
    const following = this.items.findIndex((one, index) => index > from && open(one));
    const to = following >= 0 ? following : this.items.findIndex(open);
    if (to >= 0) this.go(to);
  }

  private move(by: number): void {
    const to = this.at + by;
    if (to >= 0 && to < this.items.length) this.go(to);
  }

  private go(index: number): void {
    const item = this.items[index];
    if (!item) return;
    this.mark(index);
    const field = writing(item);
    (field ?? item).focus({ preventScroll: true });
    item.scrollIntoView({ block: "start" });
    const following = this.items[index + 1]?.querySelector("img");
    if (following) following.loading = "eager";
  }

  private mark(index: number): void {
    this.at = index;
    this.items.forEach((item, other) => item.classList.toggle(NOW, other === index));
  }

  private tell(): void {
    this.status.textContent = this.number > 0 ? this.word("left", { number: this.number }) : this.word("none_left");
    if (this.left) this.left.hidden = true;
  }

  private word(name: string, params: Record<string, string | number> = {}): string {
    return (this.words[name] ?? name).replace(/\{(\w+)\}/g, (_, key: string) => String(params[key] ?? ""));
  }
}

function bodyOf(item: HTMLFormElement): URLSearchParams {
  return new URLSearchParams([...new FormData(item)].map(([name, value]): [string, string] => [name, String(value)]));
}

function valuesOf(item: HTMLFormElement): string[] {
  const data = new FormData(item);
  return [...data.getAll("value"), ...data.getAll("missing")].map(String).filter((value) => value.trim() !== "");
}

function inWords(item: HTMLFormElement): string {
  return valuesOf(item)
    .map((value) => {
      const box = Array.from(item.querySelectorAll<HTMLInputElement>("input")).find((one) => one.value === value && /^(radio|checkbox)$/.test(one.type));
      return box?.closest("label")?.querySelector("span")?.textContent?.trim() || value;
    })
    .join("; ");
}

function note(item: HTMLFormElement, said: string): void {
  item.querySelector(".review-saved")?.remove();
  item.prepend(make("p", { className: "review-saved" }, said));
}

/** What the server answered; throws where it was no answer of ours: then nothing has been kept. */
async function post(at: string, body: URLSearchParams): Promise<{ answer: Answer; status: number }> {
  const response = await fetch(at, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "error" });
  if (response.headers.get("Content-Type")?.startsWith("application/json") === true) {
    return { answer: (await response.json()) as Answer, status: response.status };
  }
  // The batch has been confirmed or voided by somebody else: its page says so.
  if (response.status === 404 || response.status === 409) window.location.reload();
  throw new Error(String(response.status));
}

const list = document.getElementById("review");
if (list) new Review(list, JSON.parse(called("review-words").textContent ?? "{}") as Words).start();
