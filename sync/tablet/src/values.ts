// What counts as a number, a day, a time of day and a text in an answer: the rules of forms/values.py.

/** Beyond this a double no longer holds every whole number. */
const WHOLE_LIMIT = 2 ** 53;

/** The finite number that a JSON value is, or null. Negative zero is zero, as it is where whole numbers are int. */
export function numberOf(answer: unknown): number | null {
  return typeof answer === "number" && Number.isFinite(answer) ? answer + 0 : null;
}

/** `number` times `scale` as a whole number, halves up; whole numbers stay exact. */
export function scaled(number: number, scale: number): number {
  return Number.isInteger(number) && Math.abs(number) < WHOLE_LIMIT ? number * scale : Math.floor(number * scale + 0.5);
}

/** Whether `answer` is a day that exists, written YYYY-MM-DD (years 0001 to 9999). */
export function isDay(answer: unknown): answer is string {
  const parts = typeof answer === "string" ? /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(answer) : null;
  if (!parts) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}

/** Whether `answer` is a time of day, written HH:MM, 00:00 to 23:59. */
export function isTime(answer: unknown): answer is string {
  return typeof answer === "string" && /^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/.test(answer);
}

/** `text` as it is kept: one kind of line end, no control characters, NFC, no outer white space. */
export function cleanText(text: string, lines: boolean): string {
  // A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD; a pair matches first and stays.
  let clean = text
    .replace(/\r\n?/g, "\n")
    .replace(/\t/g, " ")
    // eslint-disable-next-line no-control-regex
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "")
    .replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) => (found.length === 2 ? found : "\ufffd"));
  if (!lines) clean = clean.replace(/\n/g, " ");
  return clean.normalize("NFC").trim();
}

/** Whether a value of JSON is an object (no list, not null). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The member `name` of a JSON object, never something inherited; undefined when there is none. */
export function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.prototype.hasOwnProperty.call(value, name) ? value[name] : undefined;
}
