// The shell's words, in the desk's languages, from the page (server/tablet_words.py).

export type ShellWord =
  | "language" | "enrol_title" | "enrol_text" | "enrol_code" | "enrol_button" | "enrol_working" | "enrol_unknown" | "enrol_slow_down"
  | "enrol_offline" | "enrol_failed" | "ready_title" | "ready_none" | "ready_none_text" | "language_title" | "back" | "declined"
  | "declined_noted" | "test" | "not_here_yet" | "opens" | "ended" | "waiting_none" | "waiting_one" | "waiting_many" | "failed_one"
  | "failed_many" | "nothing_yet" | "getting_ready" | "offline_ready" | "no_offline" | "standing_unknown" | "standing_revoked"
  | "again_button" | "may_not_title" | "storage_full" | "storage_refused" | "storage_missing";

export type ShellWords = Readonly<Record<ShellWord, string>>;

/** All languages' words, as the page has them. */
export function wordsOfShell(): Readonly<Record<string, ShellWords>> {
  return JSON.parse(document.getElementById("words")?.textContent || "{}") as Record<string, ShellWords>;
}

/** Fills in `{…}`. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
