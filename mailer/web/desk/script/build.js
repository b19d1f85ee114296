// Build what pages load: `npm ci && npm run build`, after a change in this folder.

import { build } from "esbuild";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const OUT = new URL("../../../static/desk/", import.meta.url).pathname;
const HERE = new URL(".", import.meta.url).pathname;
const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/** Bundle one page's script, beside it what the web server sends, and the licences of its parts. */
async function bundle(entry, name, alias = {}) {
  const done = await build({
    entryPoints: [`${HERE}${entry}`],
    outfile: `${OUT}${name}.js`,
    bundle: true,
    minify: true,
    metafile: true,
    format: "iife",
    target: ["es2020"],
    charset: "utf8",
    legalComments: "none",
    alias,
  });
  // The web server sends this one to whoever takes it, which is every browser.
  writeFileSync(`${OUT}${name}.js.gz`, gzipSync(readFileSync(`${OUT}${name}.js`), { level: 9 }));
  const parts = Object.keys(done.metafile.inputs).map((path) => path.match(PACKAGE)?.[1]);
  const licences = [...new Set(parts.filter((part) => part))].sort().map(readLicence);
  writeFileSync(`${OUT}${name}.licences.txt`, licences.join(`\n${"-".repeat(72)}\n\n`));
}

function readLicence(part) {
  const folder = `${HERE}node_modules/${part}`;
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`));
  const file = ["LICENSE", "LICENSE.md"].map((each) => `${folder}/${each}`).find(existsSync);
  return `${part} ${version}\n\n${readFileSync(file, "utf8").trim()}\n`;
}

// Markdown is read by the server, whose word counts: a second reader would say otherwise.
await bundle("page.js", "editing", { "markdown-it": `${HERE}no-parser.js` });
await bundle("charts.js", "charts");
