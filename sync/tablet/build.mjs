// Builds what the pages ship: answer.js, tablet.js, sw.js and desk.js (esbuild), style.css and its mirror (sass, postcss, rtlcss),
// fonts and icons. Every file is named after its content; assets.json says which name stands for what, and which of them a
// tablet takes along as its app ("app": true).
//
//     node sync/tablet/build.mjs            into server/static/built/
//     node sync/tablet/build.mjs --tools    only build/*.mjs, the command-line entries that the Python tests drive

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import * as esbuild from "esbuild";
import postcss from "postcss";
import rtlcss from "rtlcss";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const target = join(root, "server/static/built");
const fresh = `${target}.${process.pid}.tmp`;
const modules = join(here, "node_modules");

/** What a tablet fetches before any questionnaire: script and style, as they travel, and fonts beside them, may not weigh more. */
const BUDGET = 120 * 1000;
const FONT_BUDGET = 150 * 1000;

/** What is not of the app: the desk's own scripts, and headings in Arabic and Farsi, which come with a questionnaire that has them. */
const NOT_OF_THE_APP = new Set(["desk.js", "report.css", "typing.js", "fonts/plex-sans-arabic-600.woff2"]);

const assets = {};
const sizes = {};

function emit(name, content) {
  const bytes = Buffer.from(content);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const file = name.replace(/((?:\.rtl)?\.[^./]+)$/, `.${sha256.slice(0, 10)}$1`);
  const path = join(fresh, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  assets[name] = { file, sha256, app: !NOT_OF_THE_APP.has(name) };
  sizes[name] = [bytes.length, /\.(js|css)$/.test(name) ? gzipSync(bytes, { level: 9 }).length : bytes.length];
  return file;
}

function readFont(family, subset, weight) {
  return readFileSync(join(modules, `@fontsource/${family}/files/${family}-${subset}-${weight}-normal.woff2`));
}

/** The unicode-range that @fontsource gives for a subset, so that a browser fetches only the faces a page needs. */
function unicodeRange(family, subset, weight) {
  const css = readFileSync(join(modules, `@fontsource/${family}/${subset}-${weight}.css`), "utf8");
  const all = readFileSync(join(modules, `@fontsource/${family}/${weight}.css`), "utf8");
  const block = all.split("@font-face").find((part) => part.includes(`-${subset}-${weight}-normal.woff2`)) ?? css;
  return /unicode-range:\s*([^;]+);/.exec(block)?.[1].trim();
}

function fontFaces() {
  const faces = [];
  for (const [name, family, css, subsets] of [
    ["plex-sans", "ibm-plex-sans", "IBM Plex Sans", ["latin", "latin-ext"]],
    ["plex-sans-arabic", "ibm-plex-sans-arabic", "IBM Plex Sans Arabic", ["arabic"]],
  ]) {
    for (const subset of subsets) {
      for (const weight of [400, 600]) {
        const label = subset === "arabic" ? `${name}-${weight}` : `${name}-${weight}-${subset}`;
        const file = emit(`fonts/${label}.woff2`, readFont(family, subset, weight));
        const range = unicodeRange(family, subset, weight);
        if (!range) throw new Error(`no unicode-range for ${family} ${subset}`);
        faces.push(
          `@font-face{font-family:"${css}";font-style:normal;font-display:swap;font-weight:${weight};` +
            `src:url("${file}") format("woff2");unicode-range:${range}}`,
        );
      }
    }
  }
  return faces.join("\n");
}

/** Icons stay files (no data: addresses, so that the Content-Security-Policy can forbid them). */
const icons = {
  postcssPlugin: "icons",
  Declaration(declaration) {
    declaration.value = declaration.value.replace(/url\(["']?icons\/([a-z-]+\.svg)["']?\)/g, (_, name) => {
      const file = assets[`icons/${name}`]?.file ?? emit(`icons/${name}`, readFileSync(join(modules, "dkfds/dist/img/svg-icons", name)));
      return `url("${file}")`;
    });
  },
};

/** dkfds writes one rule for each of its 130 icons; the pages name none of them by class. */
const withoutIconClasses = {
  postcssPlugin: "without-icon-classes",
  Once(sheet) {
    sheet.walkRules(/^\.icon-[a-z-]+:not\(a\)$/, (rule) => rule.remove());
    sheet.walkAtRules("font-face", (rule) => (rule.toString().includes("woff2") ? undefined : rule.remove()));
  },
};

async function styles() {
  const dkfds = sass.compile(join(here, "style/dkfds.scss"), { loadPaths: [modules], quietDeps: true, logger: sass.Logger.silent }).css;
  const own = ["base.css", "answering.css", "tablet.css", "kiosk.css", "desk.css", "batches.css", "paper.css", "print.css"].map((name) => readFileSync(join(here, "style", name), "utf8"));
  const source = [dkfds, fontFaces(), ...own].join("\n").replaceAll("\uFEFF", "");
  const plain = (await postcss([withoutIconClasses, icons]).process(source, { from: undefined })).css;
  const mirrored = (await postcss([rtlcss()]).process(plain, { from: undefined })).css;
  for (const [name, css] of [["style.css", plain], ["style.rtl.css", mirrored]]) {
    const { code } = await esbuild.transform(css, { loader: "css", minify: true, target: ["chrome87", "safari14", "firefox88"] });
    emit(name, code);
  }
  // Only the report's own page loads it: a tablet has no use for it.
  const report = readFileSync(join(here, "style/report.css"), "utf8");
  emit("report.css", (await esbuild.transform(report, { loader: "css", minify: true, target: ["chrome87", "safari14", "firefox88"] })).code);
}

async function bundle(entry, options) {
  const result = await esbuild.build({
    entryPoints: [join(here, entry)],
    bundle: true,
    write: false,
    minify: true,
    legalComments: "none",
    target: "es2020",
    format: "iife",
    platform: "browser",
    logLevel: "warning",
    define: { "process.env.NODE_ENV": '"production"' },
    ...options,
  });
  return result.outputFiles[0].text;
}

/** The licence texts of everything that reaches a browser. */
function licenses() {
  const parts = [
    ["Svarboks", join(root, "LICENSE")],
    ["@hpke/core, @hpke/common", join(modules, "@hpke/core/LICENSE")],
    ["idb", join(modules, "idb/LICENSE")],
    ["workbox-core, workbox-precaching, workbox-routing, workbox-strategies", join(modules, "workbox-core/LICENSE")],
    ["Det Fælles Designsystem (dkfds)", join(modules, "dkfds/LICENSE.md")],
    ["IBM Plex Sans (@fontsource/ibm-plex-sans)", join(modules, "@fontsource/ibm-plex-sans/LICENSE")],
    ["IBM Plex Sans Arabic (@fontsource/ibm-plex-sans-arabic)", join(modules, "@fontsource/ibm-plex-sans-arabic/LICENSE")],
  ];
  return parts
    .filter(([name, path]) => name !== "Svarboks" || existsSync(path))
    .map(([name, path]) => `${name}\n${"=".repeat(name.length)}\n\n${readFileSync(path, "utf8").trim()}\n`)
    .join("\n\n");
}

async function tools() {
  mkdirSync(join(root, "build"), { recursive: true });
  for (const name of readdirSync(join(here, "tools")).filter((file) => file.endsWith(".ts"))) {
    // What runs within a page is a script; the others are programs.
    const inPage = name.endsWith(".page.ts");
    const form = inPage ? { minify: false } : { format: "esm", platform: "node", minify: false, target: "node20" };
    const code = await bundle(`tools/${name}`, form);
    writeFileSync(join(root, "build", name.replace(/\.ts$/, inPage ? ".js" : ".mjs")), code);
  }
}

if (process.argv.includes("--tools")) {
  await tools();
  process.exit(0);
}

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
await styles();
emit("answer.js", await bundle("src/answer.ts"));
emit("desk.js", await bundle("src/desk.ts"));
emit("typing.js", await bundle("src/typing.ts"));
emit("review.js", await bundle("src/review.ts"));
emit("tablet.js", await bundle("src/tablet.ts"));
// Served as /sw.js, with the list of the app's files in front (server/tablet_app.py).
emit("sw.js", await bundle("src/sw.ts"));
writeFileSync(join(fresh, "LICENSES.txt"), licenses());
writeFileSync(join(fresh, "assets.json"), `${JSON.stringify(assets, null, 1)}\n`);
// A server that runs meanwhile sees the old folder or the new one. Old files stay one build longer: pages in use name them.
if (existsSync(target)) {
  const old = Object.values(JSON.parse(readFileSync(join(target, "assets.json"), "utf8"))).map(({ file }) => file);
  for (const file of old) {
    if (existsSync(join(target, file)) && !existsSync(join(fresh, file))) {
      mkdirSync(dirname(join(fresh, file)), { recursive: true });
      cpSync(join(target, file), join(fresh, file));
    }
  }
  renameSync(target, `${fresh}.old`);
}
renameSync(fresh, target);
rmSync(`${fresh}.old`, { recursive: true, force: true });

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
for (const [name, [bytes, packed]] of Object.entries(sizes)) {
  if (!name.startsWith("icons/")) console.log(`${name.padEnd(36)} ${kib(bytes).padStart(10)}  ${kib(packed).padStart(10)} compressed`);
}
const ofTheApp = Object.keys(sizes).filter((name) => assets[name].app);
const weigh = (pattern) => ofTheApp.filter((name) => pattern.test(name)).reduce((sum, name) => sum + sizes[name][1], 0);
const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
const [code, fonts] = [weigh(/\.(js|css)$/), weigh(/\.woff2$/)];
console.log(`the app without questionnaires: script and style ${kb(code)} compressed (at most ${kb(BUDGET)}), fonts ${kb(fonts)} (at most ${kb(FONT_BUDGET)})`);
if (code > BUDGET || fonts > FONT_BUDGET) {
  console.error("Too heavy.");
  process.exit(1);
}
