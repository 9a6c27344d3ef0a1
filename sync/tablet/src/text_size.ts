// Three sizes of text, remembered in this browser. Nothing else about a reader is.

import { button } from "./elements";
import type { Say } from "./words";

const REMEMBERED = "svarboks-text-size";
const SIZES = ["1", "2", "3"] as const;

/** Fills `slot` with the three buttons and applies what was chosen last time. */
export function offerTextSizes(slot: HTMLElement, say: Say): void {
  const buttons = SIZES.map((size) => {
    const one = button("A", "", () => choose(size));
    const label = say(`text_size_${size}`);
    one.setAttribute("aria-label", label);
    one.title = label;
    return one;
  });
  const choose = (size: string): void => {
    document.documentElement.dataset["textSize"] = size;
    buttons.forEach((one, index) => one.setAttribute("aria-pressed", String(SIZES[index] === size)));
    try {
      localStorage.setItem(REMEMBERED, size);
    } catch {
      // Storage may be forbidden; the choice then holds for this page.
    }
  };
  slot.setAttribute("role", "group");
  slot.setAttribute("aria-label", say("text_size"));
  slot.replaceChildren(...buttons);
  slot.hidden = false;
  let remembered: string | null = null;
  try {
    remembered = localStorage.getItem(REMEMBERED);
  } catch {
    // As above.
  }
  choose(SIZES.find((size) => size === remembered) ?? "1");
}
