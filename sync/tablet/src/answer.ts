// Shipped as answer.js: makes the server's long form page by page. If anything fails while it starts, the plain form stays;
// on a tablet nothing does.

import { AnsweringPage } from "./answering";
import { answerInTurn } from "./kiosk";
import { followPublicLink, isPublicLink } from "./public_link";
import { sayFrom, wordsOfPage } from "./words";

const form = document.getElementById("answering");
if (form instanceof HTMLFormElement) {
  if (form.dataset["channel"] === "tablet") void answerInTurn(form);
  else {
    const page = new AnsweringPage(form);
    page.start().catch(() => page.giveUp());
    if (isPublicLink(form)) window.addEventListener("load", () => void followPublicLink(sayFrom(wordsOfPage(), form.dataset["language"] ?? "en")).catch(() => undefined));
  }
}
