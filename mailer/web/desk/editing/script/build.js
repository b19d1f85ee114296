// Build what the page loads: `npm ci && npm run build`, after a change in this folder.

import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const OUT = new URL("../../../../static/desk/", import.meta.url).pathname;
const HERE = new URL(".", import.meta.url).pathname;

const done = await build({
  entryPoints: [`${HERE}page.js`],
  outfile: `${OUT}editing.js`,
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  target: ["es2020"],
  charset: "utf8",
  legalComments: "none",
  // Markdown is read by the server, whose word counts: a second reader would say otherwise.
  alias: { "markdown-it": `${HERE}no-parser.js` },
});

// The web server sends this one to whoever takes it, which is every browser.
writeFileSync(`${OUT}editing.js.gz`, gzipSync(readFileSync(`${OUT}editing.js`), { level: 9 }));

const bundled = Object.keys(done.metafile.inputs)
  .map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
  .filter((name) => name);
const licences = [...new Set(bundled)].sort().map((name) => {
  const { version } = JSON.parse(readFileSync(`${HERE}node_modules/${name}/package.json`));
  const text = readFileSync(`${HERE}node_modules/${name}/LICENSE`, "utf8");
  return `${name} ${version}\n\n${text.trim()}\n`;
});
writeFileSync(`${OUT}editing.licences.txt`, licences.join(`\n${"-".repeat(72)}\n\n`));
