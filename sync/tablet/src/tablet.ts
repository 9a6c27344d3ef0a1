// Shipped as tablet.js: the tablet's own page.

import { Shell } from "./shell";
import { askToPersist } from "./storage";

void new Shell().start();
// At each start: a browser may promise what it refused before.
void askToPersist();
