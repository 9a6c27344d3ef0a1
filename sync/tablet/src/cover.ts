// The cover over a turn that rests, and the blank page while the app is not in front.

import { make } from "./elements";

/** Covers the whole page until it is touched. What lies under it is neither seen nor read out nor reached by keys. */
export class Cover {
  private readonly element: HTMLElement;
  private before: Element | null = null;

  /** `text` says that one touch goes on. */
  constructor(
    title: string,
    text: string,
    private readonly onTouched: () => void,
  ) {
    const touch = make("button", { type: "button", className: "kiosk-cover-touch" }, make("strong", {}, title), make("span", {}, text));
    touch.addEventListener("click", () => this.down());
    this.element = make("div", { className: "kiosk-cover", hidden: true }, touch);
    document.body.append(this.element);
  }

  get isUp(): boolean {
    return !this.element.hidden;
  }

  up(): void {
    if (this.isUp) return;
    this.before = document.activeElement;
    this.element.hidden = false;
    document.documentElement.classList.add("covered");
    this.element.querySelector("button")?.focus({ preventScroll: true });
  }

  private down(): void {
    this.element.hidden = true;
    document.documentElement.classList.remove("covered");
    if (this.before instanceof HTMLElement) this.before.focus({ preventScroll: true });
    this.before = null;
    this.onTouched();
  }
}

/** Shows nothing at all while the page is not in front, so that no picture of the app holds anything. `hidden` is called first. */
export function blankWhenHidden(onHidden: () => void, onShown: () => void): () => void {
  const root = document.documentElement;
  const hide = (): void => {
    root.classList.add("blank");
    onHidden();
  };
  const look = (): void => {
    if (document.visibilityState === "hidden") return hide();
    onShown();
    root.classList.remove("blank");
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", hide);
  return () => {
    document.removeEventListener("visibilitychange", look);
    window.removeEventListener("pagehide", hide);
    root.classList.remove("blank");
  };
}
