// Shipped as tablet.js: the tablet's own page.

import { Shell } from "./shell";

void new Shell().start();
