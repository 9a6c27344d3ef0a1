// An answer that waited in this browser and was then refused: said with the reason, and with what a person can do about it.

import { button, make } from "./elements";
import { sendNow } from "./flushing";
import { aboutCode } from "./invitation";
import { readCode } from "./invitation_code";
import { refusalWord } from "./outgoing";
import { sendWithCode } from "./queue";
import type { Say, Word } from "./words";

/** Where it is told what became of an answer: a sentence that is read aloud, and beneath it what can be done. */
export class Telling {
  readonly element = make("div", { className: "delivery" });
  private readonly text = make("p");
  private readonly doing = make("div");
  private told = "";

  constructor(private readonly say: Say) {
    this.text.setAttribute("role", "status");
    this.element.append(this.text, this.doing);
  }

  /** "" shows nothing. */
  tell(text: string, waits: boolean): void {
    this.told = "";
    this.element.hidden = text === "";
    this.element.classList.toggle("delivery-waits", waits);
    this.text.textContent = text;
    this.doing.replaceChildren();
  }

  /** Says with `lead` that the answer was refused; the same again changes nothing, so that what is being typed stays. */
  refused(key: string, reason: string, lead: Word = "delivery_refused"): void {
    if (this.told === key + reason) return;
    const word = aboutCode(reason) ? (reason.replace("-", "_") as Word) : refusalWord(reason);
    const why = word === "refused" ? "" : this.say(word);
    this.tell([this.say(lead), why, this.say("delivery_again")].filter(Boolean).join(" "), true);
    this.told = key + reason;
    const again = button(this.say("try_again"), "button button-secondary", () => void this.again(key, field));
    const field = aboutCode(reason) ? make("input", { type: "text", className: "form-input answering-code", maxLength: 60, dir: "ltr", autocomplete: "off" }) : null;
    if (field) this.doing.append(make("label", {}, this.say("code_label"), field));
    this.doing.append(again);
  }

  private async again(key: string, field: HTMLInputElement | null): Promise<void> {
    const typed = field?.value.trim() ?? "";
    const code = readCode(typed);
    if (typed && !code) {
      this.text.textContent = this.say("code_typo");
      field?.focus();
      return;
    }
    this.tell(this.say("sending"), true);
    if (code) await sendWithCode(key, code).catch(() => undefined);
    await sendNow();
  }
}
