// The keys of the desk. The page lists them in a dialog; here is what each one does.

/** What a key asks for. The last three are the states that a text can be given (store/responses.py, Reading). */
export type Action = "help" | "home" | "next" | "previous" | "released" | "withheld" | "unread";

/** Of a KeyboardEvent, what matters. */
export type Press = Pick<
  KeyboardEvent,
  "key" | "ctrlKey" | "altKey" | "metaKey" | "shiftKey" | "repeat" | "isComposing" | "timeStamp"
>;

/** Where the focus is: in a field, on a text itself (where the arrow keys do not scroll), or elsewhere. */
export type Place = "field" | "text" | "elsewhere";

const ANYWHERE = new Map<string, Action>([
  ["?", "help"],
  ["j", "next"],
  ["k", "previous"],
  ["r", "released"],
  ["w", "withheld"],
  ["u", "unread"],
]);
const ON_A_TEXT = new Map<string, Action>([
  ["ArrowDown", "next"],
  ["ArrowUp", "previous"],
]);

/** Milliseconds between g and h. Later the h is a new beginning, so that nobody is led away by a g long forgotten. */
const TOGETHER = 1500;

/** Understands keys one after another; remembers that g has been pressed. */
export class Keys {
  private begun = -Infinity;

  /** What `press` asks for, or null: for a key without a meaning here, with a modifier, or while somebody writes. */
  action(press: Press, place: Place): Action | null {
    // "?" itself needs Shift on most keyboards.
    const modified = press.ctrlKey || press.altKey || press.metaKey || (press.shiftKey && press.key !== "?");
    const begun = this.begun;
    if (press.key === "Shift") return null;
    this.begun = -Infinity;
    if (modified || press.isComposing || place === "field") return null;
    if (press.key === "g" && !press.repeat) this.begun = press.timeStamp;
    if (press.key === "h") return press.timeStamp - begun <= TOGETHER ? "home" : null;
    const action = ANYWHERE.get(press.key) ?? (place === "text" ? ON_A_TEXT.get(press.key) : undefined);
    // A key that is held moves on through the list, and decides nothing.
    return action && (!press.repeat || action === "next" || action === "previous") ? action : null;
  }
}

const REMEMBERED = "svarboks-shortcuts";
const TEXT = ".free-text";

/** Listens for the keys while `help` (the dialog that lists them) lets it; `opener` shows the dialog too. */
export function offerShortcuts(help: HTMLDialogElement, opener: HTMLButtonElement): void {
  const keys = new Keys();
  const show = (): void => help.showModal();
  const allowed = help.querySelector<HTMLInputElement>("input[type=checkbox]");
  if (allowed) rememberSwitch(allowed);
  opener.addEventListener("click", show);
  opener.hidden = false;
  help.querySelector("button")?.addEventListener("click", () => help.close());
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || help.open || allowed?.checked === false) return;
    const action = keys.action(event, placeOf(document.activeElement));
    if (!action) return;
    if (action === "help") show();
    else if (action === "home") window.location.assign(help.dataset["home"] ?? "/");
    else if (!(action === "next" || action === "previous" ? move(action) : decide(action))) return;
    event.preventDefault();
  });
}

/** Single keys can be in the way of speech input, so they can be switched off (WCAG 2.1.4). */
function rememberSwitch(allowed: HTMLInputElement): void {
  try {
    allowed.checked = localStorage.getItem(REMEMBERED) !== "off";
  } catch {
    // Storage may be forbidden; the choice then holds for this page.
  }
  allowed.addEventListener("change", () => {
    try {
      localStorage.setItem(REMEMBERED, allowed.checked ? "on" : "off");
    } catch {
      // As above.
    }
  });
}

function placeOf(focused: Element | null): Place {
  if (focused?.matches("input, textarea, select") || (focused instanceof HTMLElement && focused.isContentEditable)) return "field";
  return focused?.matches(TEXT) ? "text" : "elsewhere";
}

/** Moves the focus to the next or previous text, seen from where it is. False if there is none. */
function move(action: "next" | "previous"): boolean {
  const texts = Array.from(document.querySelectorAll<HTMLElement>(TEXT));
  // A dialog that has just closed may hold the focus for a moment longer; then one is nowhere, as before it opened.
  const active = document.activeElement?.closest("dialog") ? null : document.activeElement;
  const from = active?.closest(TEXT) ?? active ?? document.body;
  const side = action === "next" ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const beyond = texts.filter((text) => text !== from && (from.compareDocumentPosition(text) & side) !== 0);
  const to = action === "next" ? beyond[0] : beyond[beyond.length - 1];
  to?.focus();
  return to !== undefined;
}

/** Presses the button of the focused text. False if no text has the focus, or it is in that state already. */
function decide(state: string): boolean {
  const press = document.activeElement?.closest(TEXT)?.querySelector<HTMLButtonElement>(`button[name=state][value=${state}]`);
  press?.click();
  return press !== null && press !== undefined;
}
