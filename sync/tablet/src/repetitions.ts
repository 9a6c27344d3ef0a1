// Repeating groups: one more, one less, counted from 0 without a gap.

import { all, button, controls, focusOn, make } from "./elements";
import type { Say } from "./words";

/** One repeating group of the page. */
export class RepeatingGroup {
  readonly place: string;
  private readonly list: HTMLElement;
  private readonly template: HTMLTemplateElement;
  private readonly add: HTMLButtonElement;

  constructor(
    readonly element: HTMLElement,
    private readonly minimum: number,
    private readonly maximum: number,
    private readonly say: Say,
    private readonly announce: (text: string) => void,
    private readonly changed: () => void,
  ) {
    this.place = element.dataset["question"] ?? "";
    this.list = element.querySelector<HTMLElement>(".repetitions")!;
    this.template = element.querySelector("template")!;
    this.add = button(say("add_repetition"), "button button-secondary add-repetition", () => this.addOne());
    this.list.after(this.add);
    this.trim();
  }

  get items(): HTMLElement[] {
    return all(this.list, ":scope > .repetition");
  }

  /** Takes out the empty ones that the plain form needs and this one does not. */
  trim(): void {
    const filled = (item: HTMLElement): boolean =>
      controls(item).some((control) => (control instanceof HTMLInputElement && /radio|checkbox/.test(control.type) ? control.checked : control.value !== ""));
    for (const item of this.items) if (this.items.length > Math.max(this.minimum, 1) && !filled(item)) item.remove();
    this.renumber();
    this.grow(Math.max(this.minimum, 1));
  }

  /** At least `count` repetitions (never more than the questionnaire allows). */
  grow(count: number): void {
    while (this.items.length < Math.min(count, this.maximum)) this.append();
    this.renumber();
  }

  private addOne(): void {
    if (this.items.length >= this.maximum) return;
    this.append();
    this.renumber();
    this.changed();
    const item = this.items[this.items.length - 1]!;
    this.announce(this.say("repetition_added", { n: this.items.length }));
    focusOn(item.querySelector<HTMLElement>("legend") ?? item);
    item.scrollIntoView({ block: "nearest" });
  }

  private removeOne(item: HTMLElement): void {
    const index = this.items.indexOf(item);
    item.remove();
    this.renumber();
    this.changed();
    this.announce(this.say("repetition_removed", { n: index + 1 }));
    const near = this.items[Math.min(index, this.items.length - 1)];
    focusOn(near?.querySelector<HTMLElement>("legend") ?? this.add);
  }

  private append(): void {
    const item = this.template.content.firstElementChild!.cloneNode(true) as HTMLElement;
    rename(item, (value) => value.split("%i").join(String(this.items.length)));
    this.list.append(item);
  }

  private renumber(): void {
    this.items.forEach((item, index) => {
      const before = `${this.place}/${item.dataset["repetition"]}/`;
      const after = `${this.place}/${index}/`;
      if (before !== after) rename(item, (value) => value.split(before).join(after));
      item.dataset["repetition"] = String(index);
      const legend = item.querySelector("legend");
      if (legend) legend.textContent = String(index + 1);
      item.querySelector(":scope > .remove-repetition")?.remove();
      if (this.items.length > Math.max(this.minimum, 1)) {
        item.append(button(this.say("remove_repetition", { n: index + 1 }), "button button-tertiary remove-repetition", () => this.removeOne(item)));
      }
    });
    this.add.hidden = this.items.length >= this.maximum;
  }
}

/** Rewrites the values of all attributes inside (and of) `root`. */
function rename(root: HTMLElement, rewrite: (value: string) => string): void {
  // Names first and radios last would lose their choice: a radio renamed into a group that has one is unchecked.
  const chosen = controls(root).filter((control) => control instanceof HTMLInputElement && control.checked) as HTMLInputElement[];
  for (const element of [root, ...all(root, "*")]) {
    for (const { name, value } of Array.from(element.attributes)) {
      const now = rewrite(value);
      if (now !== value) element.setAttribute(name, now);
    }
  }
  for (const control of chosen) control.checked = true;
}

/** A quiet place for what screen readers should say. */
export function announcer(): (text: string) => void {
  const region = make("div", { className: "sr-only" });
  region.setAttribute("aria-live", "polite");
  document.body.append(region);
  return (text) => {
    region.textContent = text;
  };
}
