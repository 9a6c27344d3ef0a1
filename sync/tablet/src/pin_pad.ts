// Asks for the staff's PIN, with keys large enough to hit and no field that a password manager would know.

import { openDialog } from "./dialog";
import { button, make } from "./elements";
import { keepFieldsPrivate } from "./field_privacy";
import type { KioskSay } from "./kiosk_words";
import { countTry, isPin, latinDigits, pauseAfter, type Pin, wrongTries } from "./pin";
import { manifest } from "./tablet_state";

const LONGEST_PIN = 12;

/** Whether staff may go on: they have typed the PIN, or this tablet does not know it (any more). Where it cannot be read, nobody may, and that
 * is said. */
export async function staffMayGoOn(say: KioskSay): Promise<boolean> {
  try {
    const known = await manifest();
    return !known || (await askForPin(known.pin, say));
  } catch {
    const back = button(say("cancel"), "button button-secondary", () => dialog.close());
    const dialog = openDialog(say("pin_title"), "kiosk-pin", make("p", {}, say("pin_unreadable")), make("div", { className: "kiosk-actions" }, back));
    dialog.leave = dialog.close;
    return false;
  }
}

/** Resolves true once the right PIN was typed, false when the person goes back. */
async function askForPin(pin: Pin, say: KioskSay): Promise<boolean> {
  const field = make("input", { type: "text", inputMode: "numeric", className: "form-input pin-field", id: "staff-pin", maxLength: LONGEST_PIN, dir: "ltr" });
  const label = make("label", { htmlFor: field.id, className: "pin-label" }, say("pin_field"));
  const said = make("p", { className: "pin-said", id: "pin-said" });
  said.setAttribute("role", "alert");
  field.setAttribute("aria-describedby", said.id);
  // The keys below are for fingers; a keyboard may be used too, but none comes up by itself.
  if (window.matchMedia("(pointer: coarse)").matches) field.inputMode = "none";
  const wrong = await wrongTries();
  return new Promise((resolve) => {
    let waiting = 0;
    let looking = false;
    const keys = make("div", { className: "pin-keys", dir: "ltr" });
    const typed = (digit: string): void => {
      if (waiting > 0 || field.value.length >= LONGEST_PIN) return;
      field.value += digit;
      said.textContent = "";
    };
    const done = (right: boolean): void => {
      field.value = "";
      window.clearInterval(timer);
      dialog.close();
      resolve(right);
    };
    const wait = (seconds: number): void => {
      waiting = seconds;
      for (const key of [field, ...Array.from(keys.querySelectorAll("button"))]) key.disabled = seconds > 0;
      if (seconds > 0) said.textContent = say("pin_wait", { seconds });
    };
    const timer = window.setInterval(() => {
      if (waiting === 0) return;
      wait(waiting - 1);
      if (waiting === 0) said.textContent = "";
    }, 1000);
    const look = async (): Promise<void> => {
      if (waiting > 0 || looking || field.value.trim() === "") return;
      looking = true;
      // Slow on purpose: a second or two on an old tablet.
      said.textContent = "…";
      try {
        // Counted as wrong before it is looked at: who reloads meanwhile has used a try.
        const tries = await countTry(false);
        if (await isPin(pin, field.value)) {
          await countTry(true);
          return done(true);
        }
        said.textContent = say("pin_wrong");
        if (pauseAfter(tries) > 0) wait(pauseAfter(tries));
        else field.focus();
      } catch {
        said.textContent = say("pin_unreadable");
      } finally {
        looking = false;
        field.value = "";
      }
    };
    const key = (words: string, name: string, act: () => void): HTMLButtonElement => {
      const made = button(words, `pin-key ${name}`, act);
      keys.append(made);
      return made;
    };
    for (const digit of "123456789") key(digit, "", () => typed(digit));
    key(say("pin_erase"), "pin-word", () => {
      field.value = "";
    });
    key("0", "", () => typed("0"));
    key(say("pin_ok"), "pin-word pin-go", () => void look());
    field.addEventListener("input", () => {
      field.value = latinDigits(field.value).replace(/\D/g, "");
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") void look();
    });
    const back = button(say("cancel"), "button button-secondary", () => done(false));
    const dialog = openDialog(say("pin_title"), "kiosk-pin", make("p", {}, say("pin_text")), label, field, said, keys, make("div", { className: "kiosk-actions" }, back));
    dialog.leave = () => done(false);
    keepFieldsPrivate(dialog.box);
    if (pauseAfter(wrong) > 0) wait(pauseAfter(wrong));
    else field.focus();
  });
}
