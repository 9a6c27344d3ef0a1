// The code of a letter, as a person types it. sync/invitation_codes.py reads it in the same way, and says why.

const ALPHABET = "23456789bcdfghjkmnpqrstvwxz";
const LENGTH = 11;
const LOOK_ALIKES: Readonly<Record<string, string>> = { "0": "q", o: "q", "1": "7", l: "7", i: "j", u: "v", y: "v" };
const BETWEEN = /[\s\-_.,:/\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gu;
/** Zero of the digits on Arabic and Persian keyboards. */
const ZEROS = [0x660, 0x6f0];

/** The eleven signs of a code in what was typed; "" when it cannot be one. */
export function readCode(typed: string): string {
  const plain = Array.from(typed.normalize("NFKC").replace(BETWEEN, "").toLowerCase(), sign).join("");
  if (plain.length !== LENGTH) return "";
  let total = 0;
  for (const [at, one] of Array.from(plain).entries()) {
    const value = ALPHABET.indexOf(one);
    if (value < 0) return "";
    total += value * (1 + (at % 2));
  }
  return total % ALPHABET.length === 0 ? plain : "";
}

function sign(one: string): string {
  const point = one.codePointAt(0) ?? 0;
  const zero = ZEROS.find((start) => point >= start && point < start + 10);
  const digit = zero === undefined ? one : String(point - zero);
  return LOOK_ALIKES[digit] ?? digit;
}

/** A code for reading: bcdf-ghjk-mnp. */
export function grouped(code: string): string {
  return [code.slice(0, 4), code.slice(4, 8), code.slice(8)].join("-");
}
