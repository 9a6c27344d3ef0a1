// What a key means while forms are typed from paper. All of them lie on a numeric keypad, so that one hand stays on it.

/** Where the typist is: one of several options, several of them, a field to write in, or the button that sends. */
export type Stop = "one" | "several" | "number" | "field" | "text" | "send";

export type Meaning =
  | { readonly do: "choose"; readonly option: number }
  | { readonly do: "dont-know" | "not-relevant" | "blank" | "on" | "back" | "up" | "end" };

/** Of a KeyboardEvent, what matters. */
export type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey" | "shiftKey" | "repeat" | "isComposing">;

/** With more options than this, 0 is the tenth of them; with fewer it leaves the question blank. */
const NINE = 9;

/** What a press asks for, or null where the browser does with it what it always does. `empty`: nothing is written in the field. */
export function meaning(press: Press, stop: Stop, options: number, empty: boolean): Meaning | null {
  if (press.isComposing || press.altKey || press.metaKey) return null;
  if (press.key === "Enter") {
    if (press.ctrlKey) return stop === "send" ? null : { do: "end" };
    // A held Enter must not run through a whole form, and over its end.
    if (press.repeat || stop === "send" || (stop === "text" && press.shiftKey)) return null;
    return { do: "on" };
  }
  if (press.ctrlKey) return null;
  const writes = stop === "number" || stop === "field" || stop === "text";
  if (press.key === "Backspace") return writes && !empty ? null : press.repeat ? null : { do: "back" };
  if (press.key === "ArrowUp" && stop !== "text" && stop !== "field") return { do: "up" };
  if (press.key === "ArrowDown" && stop !== "text" && stop !== "field" && stop !== "send") return { do: "on" };
  if (writes || stop === "send" || press.repeat) return null;
  if (press.key === "-" || press.key === "v") return { do: "dont-know" };
  if (press.key === "*" || press.key === "i") return { do: "not-relevant" };
  if (press.key === "Delete" || (press.key === "0" && options <= NINE)) return { do: "blank" };
  if (/^[0-9]$/.test(press.key)) {
    const option = press.key === "0" ? NINE : Number(press.key) - 1;
    return option < options ? { do: "choose", option } : null;
  }
  return null;
}

/** The key of an option, counted from 0; '' where it has none. */
export function keyOf(option: number): string {
  return option < NINE ? String(option + 1) : option === NINE ? "0" : "";
}
