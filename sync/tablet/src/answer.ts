// Shipped as answer.js: makes the server's long form page by page. If anything fails while it starts, the plain form stays.

import { AnsweringPage } from "./answering";

const form = document.getElementById("answering");
if (form instanceof HTMLFormElement) {
  const page = new AnsweringPage(form);
  page.start().catch(() => page.giveUp());
}
