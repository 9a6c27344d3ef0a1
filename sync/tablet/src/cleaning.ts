// A minute in which the screen reacts to nothing, so that it can be wiped.

import { openDialog } from "./dialog";
import { focusOn, make } from "./elements";
import type { KioskSay } from "./kiosk_words";

export const CLEANING_SECONDS = 60;
const EVENTS = ["pointerdown", "pointerup", "click", "touchstart", "touchmove", "touchend", "wheel", "keydown", "keyup", "contextmenu"] as const;

/** Ignores touch and keys for a minute, counting down. `interested` is told each second that the tablet is in use. */
export function cleanScreen(say: KioskSay, interested: () => void = () => undefined): Promise<void> {
  const left = make("p", { className: "cleaning-left" });
  const number = make("strong", { className: "cleaning-number", ariaHidden: "true" });
  const dialog = openDialog(say("cleaning_title"), "kiosk-cleaning", number, left);
  focusOn(dialog.box);
  const ignore = (event: Event): void => {
    event.stopImmediatePropagation();
    if (event.cancelable) event.preventDefault();
  };
  for (const name of EVENTS) window.addEventListener(name, ignore, { capture: true, passive: false });
  // By the clock, so that a slow device does not clean for longer.
  const ends = Date.now() + CLEANING_SECONDS * 1000;
  return new Promise((resolve) => {
    const draw = (): void => {
      const seconds = Math.ceil((ends - Date.now()) / 1000);
      interested();
      if (seconds > 0 && seconds <= CLEANING_SECONDS) {
        number.textContent = String(seconds);
        left.textContent = say("cleaning_text", { seconds });
        return;
      }
      window.clearInterval(timer);
      for (const name of EVENTS) window.removeEventListener(name, ignore, { capture: true });
      dialog.close();
      resolve();
    };
    const timer = window.setInterval(draw, 1000);
    draw();
  });
}
