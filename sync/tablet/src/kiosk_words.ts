// The words of a turn on a tablet and of its staff panel; English ones stand in where the page lacks one.

import { type SayOf, sayWith, wordsOfPage } from "./words";

const ENGLISH = {
  staff: "Staff",
  cover_title: "The screen is resting",
  cover_text: "Touch the screen to go on.",
  pin_title: "The staff's PIN",
  pin_text: "Only staff can go on from here.",
  pin_field: "PIN",
  pin_ok: "OK",
  pin_erase: "Erase",
  pin_wrong: "That is not the PIN.",
  pin_unreadable: "The tablet cannot look the PIN up right now, so nobody can go on here. Try again in a moment.",
  pin_wait: "Wait {seconds} seconds before the next try.",
  cancel: "Go back",
  staff_title: "For staff",
  staff_go_on: "Go on with the questionnaire",
  staff_stop: "Stop here and delete what was written",
  staff_stop_text: "Nothing of what was written is sent.",
  staff_pause: "Pause this interview",
  staff_pause_text: "What was written stays on this tablet, encrypted, until staff go on with it.",
  cleaning: "Clean the screen",
  cleaning_title: "You can clean the screen now",
  cleaning_text: "It does not react to touch. {seconds} seconds left.",
  ready_next: "Ready for the next person",
  one_more: "One more",
  elsewhere_title: "The questionnaire is open in another window",
  elsewhere_text: "Go on there, and close this window.",
  watch_start: "Start the clock",
  watch_stop: "Stop the clock",
  watch_running: "The clock has been running for {time}.",
  watch_now: "Write the time now",
  not_kept: "What you write cannot be saved on this tablet right now. It is still on this page.",
  turn_storage_full: "There is no room left on this tablet, so your answers could not be saved. They are still on this page. Please call the staff.",
  turn_storage_refused: "Your answers could not be saved on this tablet. They are still on this page. Please call the staff.",
  turn_storage_missing: "This browser cannot save answers. They are still on this page. Please call the staff.",
  cannot_seal: "This browser cannot seal answers, so nobody can answer on it.",
  panel_waiting: "Waiting to be sent",
  panel_delivered: "Sent and received",
  panel_failed: "Not received",
  panel_room: "Room left on this tablet",
  panel_room_unknown: "The browser does not say",
  panel_megabytes: "{megabytes} MB",
  panel_kept: "What is kept here",
  panel_promised: "The browser has promised to keep it",
  panel_not_promised: "The browser has not promised to keep it",
  panel_app: "Version of the app",
  panel_version: "version {version}",
  panel_send: "Send now",
  panel_sending: "Sending …",
  panel_sent_all: "Nothing waits.",
  panel_still_waiting: "{n} still wait. They are sent when there is a connection.",
  panel_save: "Save the sealed answers to a file",
  panel_save_text: "The file holds what waits, sealed. The desk can take it in. Nothing is deleted here.",
  panel_not_saved: "The file could not be made.",
  panel_enrol: "Enrol this tablet again",
  panel_close: "Close",
  paused_one: "A paused interview",
  waiting_title: "Waits for the staff",
  unfinished_one: "An unfinished turn",
};

export type KioskWord = keyof typeof ENGLISH;
export type KioskSay = SayOf<KioskWord>;

/** Says the words of a turn in the page's language. */
export function kioskSay(language: string, given: Readonly<Record<string, string>> = wordsOfPage()): KioskSay {
  return sayWith(ENGLISH, given, language);
}
