// The script's words come from the page, in its language; these English ones stand in where one is missing.

const ENGLISH = {
  back: "Back",
  next: "Next",
  send: "Send my answers",
  progress: "Page {page} of {pages}",
  statement: "Statement {n} of {total}",
  text_size: "Text size",
  text_size_1: "Normal text",
  text_size_2: "Large text",
  text_size_3: "Largest text",
  clear: "Clear this answer",
  add_repetition: "Add one more",
  remove_repetition: "Take out number {n}",
  repetition_added: "Number {n} has been added.",
  repetition_removed: "Number {n} has been taken out.",
  summary_title: "Some answers need another look",
  draft_title: "There is an unfinished answer in this browser",
  draft_text: "Is it yours? You can go on where you left it. If it is not yours, start afresh; what was there is then deleted.",
  draft_continue: "Continue",
  draft_afresh: "Start afresh",
  personal_title: "May we ask you to look at this first?",
  personal_cpr: "Your text seems to hold a CPR number: {text}. It tells who you are, so please leave it out.",
  personal_phone: "Your text seems to hold a telephone number: {text}. We cannot call you, and it could tell who you are.",
  personal_email: "Your text seems to hold an e-mail address: {text}. We cannot write to you, and it could tell who you are.",
  personal_take_out: "Take it out",
  personal_go_on: "Send as it is",
  personal_back: "Go back to the text",
  sending: "Your answers are being sent …",
  send_again:
    "There is no connection right now. Your answers are safe in this browser, and we keep trying. Please leave this page open.",
  send_now: "Try now",
  delivery_sent: "Your answers have been sent and received.",
  delivery_earlier: "An answer that was given in this browser earlier waits to be sent. It is sealed.",
  delivery_earlier_refused: "An answer that was given in this browser earlier has not been received. It is sealed.",
  delivery_waits:
    "Your answers are sealed and kept in this browser. They are sent by themselves when there is a connection. If you close this page, please open it again when you are online.",
  delivery_refused: "These answers have not been received. They are sealed and kept in this browser.",
  delivery_again: "You can try again. If it does not help, tell those who invited you.",
  code_label: "The code from your letter",
  not_sealed: "Your answers could not be sealed, so they have not been sent. They are still on this page.",
  refused: "Your answers could not be received. They are still in this browser.",
  refused_closed: "This survey no longer receives answers.",
  refused_full: "This survey has received as many answers as it can hold.",
  code_missing: "Please write the code from your letter.",
  code_typo: "Something in the code is not right. Compare it with your letter, sign by sign.",
  code_unknown: "This code does not belong to this survey. Compare it with your letter.",
  code_used: "This code has been used, and each letter's code works once. If you have not answered, ask those who sent you the letter.",
  refused_code: "Your answers were not received, because of the code. They are still on this page: correct the code and send again.",
  try_again: "Try again",
  error_required: "Please answer this question.",
  error_required_text: "Please write something here.",
  error_wrong_type: "Please write a number, for example {example}.",
  error_unknown_option: "Please choose one of the answers.",
  error_too_many_exclusive: "Choose either “{option}” or the other answers.",
  error_out_of_bounds: "Please write a number from {minimum} to {maximum}.",
  error_out_of_bounds_date: "Please choose a date from {minimum} to {maximum}.",
  error_earliest: "Please choose {minimum} or later.",
  error_latest: "Please choose {maximum} or earlier.",
  error_decimals: "Please write at most {decimals} decimals.",
  error_decimals_0: "Please write a whole number.",
  error_not_a_date: "Please write a date.",
  error_not_a_time: "Please write a time, for example 14:30.",
  error_too_long: "The text is {over} characters too long.",
  error_too_few: "Please fill in at least {minimum}.",
  error_too_many: "At most {maximum} can be filled in.",
  error_constraint: "Please look at this answer again.",
  error_no_consent: "You can only answer when you say yes to taking part.",
};

export type Word = keyof typeof ENGLISH;
export type SayOf<W extends string> = (word: W, filled?: Readonly<Record<string, string | number>>) => string;
export type Say = SayOf<Word>;

/** A function that says a word in the page's language, `{…}` filled in, numbers as the language writes them. */
export function sayFrom(given: Readonly<Record<string, string>>, language: string): Say {
  return sayWith(ENGLISH, given, language);
}

/** The same for another list of words; `english` stands in where one is missing. */
export function sayWith<W extends string>(english: Readonly<Record<W, string>>, given: Readonly<Record<string, string>>, language: string): SayOf<W> {
  const number = new Intl.NumberFormat(language);
  return (word, filled = {}) =>
    (given[word] || english[word]).replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = filled[name];
      return value === undefined ? whole : typeof value === "number" ? number.format(value) : value;
    });
}

/** The words that the server put into the page. */
export function wordsOfPage(): Record<string, string> {
  return JSON.parse(document.getElementById("words")?.textContent || "{}") as Record<string, string>;
}
