// A question that fills the screen of a tablet: what lies behind it is neither seen nor reached.

import { focusOn, make } from "./elements";

export interface Dialog {
  readonly box: HTMLElement;
  readonly close: () => void;
  /** What is done when the person has gone away from it; null: it stays. */
  leave: (() => void) | null;
}

const opened = new Set<Dialog>();
let number = 0;

/** The person has gone away: what staff may do is not left open. */
export function leaveDialogs(): void {
  for (const { leave } of [...opened]) leave?.();
}

/** Shows `children` under `title` until it is closed; focus then goes back to where it was. */
export function openDialog(title: string, className: string, ...children: Node[]): Dialog {
  const before = document.activeElement;
  const id = `dialog-title-${(number += 1)}`;
  const heading = make("h2", { id, className: "kiosk-dialog-title", tabIndex: -1 }, title);
  const box = make("div", { className: `kiosk-dialog ${className}` }, make("div", { className: "kiosk-dialog-inside" }, heading, ...children));
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-modal", "true");
  box.setAttribute("aria-labelledby", id);
  // One over the other: the one below waits.
  const behind = Array.from(document.body.children).filter((element) => element instanceof HTMLElement && !element.inert && !element.matches("script, template, .kiosk-cover")) as HTMLElement[];
  for (const element of behind) element.inert = true;
  document.body.append(box);
  document.documentElement.classList.add("in-dialog");
  focusOn(heading);
  const dialog: Dialog = {
    box,
    leave: null,
    close: () => {
      if (!opened.delete(dialog)) return;
      box.remove();
      for (const element of behind) element.inert = false;
      document.documentElement.classList.toggle("in-dialog", document.querySelector(".kiosk-dialog") !== null);
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    },
  };
  opened.add(dialog);
  return dialog;
}
