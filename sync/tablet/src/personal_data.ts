// Finds CPR numbers, telephone numbers and e-mail addresses in free text: step by step what forms/personal_data.py does,
// held to it by tests/vectors/personal_data.json.

export interface Finding {
  readonly kind: "cpr" | "phone" | "email";
  /** text.slice(start, end), in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
}

export const CPR_MASK = "██████-████";

/** Days in a month of CPR numbers; the century is not known, so that February may have 29. */
const DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DIGITS = "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９";
const DIGIT = /[0-9٠-٩۰-۹０-９]/;
const DASHES = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/g;
const SPACES = /[\t\u00a0\u2000-\u200a\u202f\u205f\u3000]/g;
/** Signs that may stand unseen in a number: soft hyphen, zero-width and direction marks. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c]/g;
const CPR_GAP = /^ {0,3}-? {0,3}$/;
const DASH_GAP = /^ {0,3}- {0,3}$/;
const AMOUNT = /^ ?(?:kr|dkk|eur|€|%|,-|mio)/i;
const LOCAL = /^[a-zA-Z0-9._%+\-æøåäöüéÆØÅÄÖÜÉ]$/;
const DOMAIN = /^[a-zA-Z0-9.\-æøåäöüéÆØÅÄÖÜÉ]$/;
const TOP = /^[A-Za-zæøåäöüéÆØÅÄÖÜÉ]{2,}$/;

/** Digits that stand together (invisible signs aside). */
interface Run {
  digits: string;
  readonly start: number;
  end: number;
}

interface Runs {
  readonly runs: Run[];
  /** gaps[i] = what stands between run i and run i + 1, without invisible signs. */
  readonly gaps: string[];
  readonly taken: boolean[];
}

/** All findings in the order of the text; they do not overlap. */
export function find(text: string): Finding[] {
  let found: Finding[] = [];
  if (DIGIT.test(text)) {
    const plain = plainSigns(text);
    const all = runsOf(plain);
    found = [...cprs(all), ...phones(plain, all)];
  }
  const mails = text.includes("@") ? mailsOf(text) : [];
  found = found.filter((one) => !mails.some((mail) => mail.start < one.end && one.start < mail.end));
  return [...found, ...mails].sort((a, b) => a.start - b.start);
}

/** `text` with each CPR number replaced by blocks. The text itself if there is none. */
export function maskCpr(text: string): string {
  return DIGIT.test(text) ? replace(text, cprs(runsOf(plainSigns(text))), () => CPR_MASK) : text;
}

/** `text` with the given findings (in order) replaced. */
export function replace(text: string, findings: readonly Finding[], by: (finding: Finding) => string): string {
  let result = "";
  let position = 0;
  for (const finding of findings) {
    result += text.slice(position, finding.start) + by(finding);
    position = finding.end;
  }
  return result + text.slice(position);
}

/** One code unit for one, so that positions stay. */
function plainSigns(text: string): string {
  return text
    .replace(/[٠-٩۰-۹０-９]/g, (digit) => String(DIGITS.indexOf(digit) % 10))
    .replace(DASHES, "-")
    .replace(SPACES, " ");
}

function runsOf(plain: string): Runs {
  const runs: Run[] = [];
  const gaps: string[] = [];
  for (const match of plain.matchAll(/[0-9]+/g)) {
    const [digits, start] = [match[0], match.index];
    const last = runs[runs.length - 1];
    if (last) {
      let gap = plain.slice(last.end, start);
      // Only short gaps can matter; a long one is never looked through.
      gap = codePoints(gap, 20) ? gap.replace(INVISIBLE, "") : gap.slice(0, 20);
      if (gap === "") {
        last.digits += digits;
        last.end = start + digits.length;
        continue;
      }
      gaps.push(gap);
    }
    runs.push({ digits, start, end: start + digits.length });
  }
  gaps.push("");
  return { runs, gaps, taken: runs.map(() => false) };
}

/** Whether the text has at most `limit` code points (which Python counts). */
function codePoints(text: string, limit: number): boolean {
  return text.length <= limit || (text.length <= 2 * limit && Array.from(text).length <= limit);
}

/** DDMMYY of a day that exists in some year. A replacement number (erstatnings-CPR) has 60 added to the day. */
function plausible(digits: string): boolean {
  let day = Number(digits.slice(0, 2));
  const month = Number(digits.slice(2, 4));
  if (day > 60) day -= 60;
  return month >= 1 && month <= 12 && day >= 1 && day <= DAYS[month]!;
}

/** How many runs from `at` on are a CPR number: 0, 1, 2 or 4. */
function cprAt({ runs, gaps }: Runs, at: number): number {
  const parts = runs.slice(at, at + 4);
  const lengths = parts.map((run) => run.digits.length);
  const first = parts[0]!.digits;
  if (lengths[0] === 10) return plausible(first) ? 1 : 0;
  if (lengths[0] === 6) return lengths[1] === 4 && CPR_GAP.test(gaps[at]!) && plausible(first) ? 2 : 0;
  if (lengths.join() !== "2,2,2,4") return 0;
  const [one, two, three] = [gaps[at]!, gaps[at + 1]!, gaps[at + 2]!];
  const joined = one === two && [" ", "-", ".", "/"].includes(one);
  // "31.01.22 1200" is a day and a time; "31.01.22-1234" is not.
  const last = DASH_GAP.test(three) || (one === " " && [" ", "  ", "   "].includes(three));
  return joined && last && plausible(parts.slice(0, 3).map((run) => run.digits).join("")) ? 4 : 0;
}

function cprs(all: Runs): Finding[] {
  const found: Finding[] = [];
  for (let at = 0; at < all.runs.length; ) {
    const length = cprAt(all, at);
    if (length > 0) {
      found.push({ kind: "cpr", start: all.runs[at]!.start, end: all.runs[at + length - 1]!.end });
      all.taken.fill(true, at, at + length);
    }
    at += length || 1;
  }
  return found;
}

function phones(plain: string, all: Runs): Finding[] {
  const found: Finding[] = [];
  for (let at = 0; at < all.runs.length; ) {
    let length = 0;
    if (!all.taken[at]) {
      let start = all.runs[at]!.start;
      length = foreign(plain, all, at);
      if (length > 0 && plain[start - 1] === "+") start -= 1;
      length ||= danish(plain, all, at);
      if (length > 0) found.push({ kind: "phone", start, end: all.runs[at + length - 1]!.end });
    }
    at += length || 1;
  }
  return found;
}

/** How many runs from `at` on are a number with a country code: +NN … or 00NN …; 0 if none. */
function foreign(plain: string, { runs, gaps, taken }: Runs, at: number): number {
  const run = runs[at]!;
  const before = characterBefore(plain, run.start);
  let digits = run.digits;
  if (before !== "+") {
    if (!digits.startsWith("00") || digits.length < 3 || digits[2] === "0" || /^[\p{L}\p{N}]$/u.test(before)) return 0;
    digits = digits.slice(2);
  }
  if (digits.startsWith("0")) return 0;
  const danishCode = digits.startsWith("45");
  const longest = danishCode ? 10 : 15;
  let length = 1;
  let total = digits.length;
  while (total < longest && at + length < runs.length && !taken[at + length]) {
    const next = total + runs[at + length]!.digits.length;
    if (![" ", "-", ".", ")", ") "].includes(gaps[at + length - 1]!) || next > longest) break;
    total = next;
    length += 1;
  }
  return total === 10 || (!danishCode && total >= 8 && total <= 15) ? length : 0;
}

/** How many runs from `at` on are eight digits as Danes write them: 1, 2 or 4; 0 if none. */
function danish(plain: string, { runs, gaps, taken }: Runs, at: number): number {
  const run = runs[at]!;
  if (run.digits.startsWith("0") || run.digits.startsWith("1")) return 0;
  const size = run.digits.length;
  const length = size === 8 ? 1 : size === 4 ? 2 : size === 2 ? 4 : 0;
  const parts = runs.slice(at, at + length);
  if (length === 0 || parts.length < length || parts.some((part, index) => taken[at + index] || part.digits.length !== size)) return 0;
  const inner = gaps.slice(at, at + length - 1);
  if (size === 4 && inner[0] !== " ") return 0;
  if (size === 2 && !([" ", "-", "."].includes(inner[0]!) && inner.every((gap) => gap === inner[0]))) return 0;
  // Part of a longer series of numbers, of a fraction or of a range: not a telephone number.
  const attached = [...(size === 8 ? ".,-/:" : " .,-/:")];
  if (at > 0 && attached.includes(gaps[at - 1]!)) return 0;
  if (at + length < runs.length && attached.includes(gaps[at + length - 1]!)) return 0;
  const end = parts[length - 1]!.end;
  if (/^\p{L}$/u.test(characterBefore(plain, run.start)) || /^\p{L}/u.test(plain.slice(end, end + 2))) return 0;
  if (AMOUNT.test(plain.slice(end, end + 8))) return 0;
  return looksLikeDaysOrYears(parts.map((part) => part.digits).join("")) ? 0 : length;
}

/** The character (code point) that ends before `position`, or "". */
function characterBefore(text: string, position: number): string {
  const pair = text.slice(Math.max(0, position - 2), position);
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(pair) ? pair : pair.slice(-1);
}

/** YYYYMMDD, DDMMYYYY, or two years. */
function looksLikeDaysOrYears(digits: string): boolean {
  const century = (from: number): boolean => ["19", "20"].includes(digits.slice(from, from + 2));
  const within = (from: number, high: string): boolean => digits.slice(from, from + 2) >= "01" && digits.slice(from, from + 2) <= high;
  if (century(0) && century(4)) return true;
  if (century(0) && within(4, "12") && within(6, "31")) return true;
  return century(4) && within(2, "12") && within(0, "31");
}

/** Around each @: at most 64 characters to the left, at most 255 to the right. */
function mailsOf(text: string): Finding[] {
  const found: Finding[] = [];
  let endOfLast = 0;
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    let start = at;
    while (start > Math.max(endOfLast, at - 64) && LOCAL.test(text[start - 1]!)) start -= 1;
    while (start < at && ".-".includes(text[start]!)) start += 1;
    let end = at + 1;
    while (end < Math.min(text.length, at + 256) && DOMAIN.test(text[end]!)) end += 1;
    while (end > at + 1 && ".-".includes(text[end - 1]!)) end -= 1;
    const labels = text.slice(at + 1, end).split(".");
    if (start < at && labels.length > 1 && labels.every((label) => label !== "") && TOP.test(labels[labels.length - 1]!)) {
      found.push({ kind: "email", start, end });
      endOfLast = end;
    }
  }
  return found;
}
