// How much JavaScript, as gzip, the first page loads: `make web-sizes`. More than MOST fails.
import { readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";

const MOST = 300_000;
/** What is loaded when it is asked for, and is at once. Notices, the account menu and the sign-in dialog come later. */
const FIRST_PAGE = [/^show-/, /^TodayPage-/];
const dist = resolve(import.meta.dirname, "dist");
const read = (name) => readFileSync(resolve(dist, "assets", name), "utf8");

/** The file and all that it imports before it runs. */
function withImports(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, imported] of read(name).matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)) withImports(imported, found);
  return found;
}

const entry = readFileSync(resolve(dist, "index.html"), "utf8").match(/src="\/assets\/([\w.-]+\.js)"/)[1];
const all = readdirSync(resolve(dist, "assets"));
const files = withImports(entry);
for (const part of FIRST_PAGE) withImports(all.find((name) => part.test(name)), files);
const sizes = [...files].map((name) => [name, gzipSync(read(name)).length]).sort((a, b) => b[1] - a[1]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
for (const [name, size] of sizes) console.log(`${(size / 1000).toFixed(1).padStart(8)} kB  ${name}`);
console.log(`${(total / 1000).toFixed(1).padStart(8)} kB  in all, of at most ${MOST / 1000} kB`);
process.exitCode = total > MOST ? 1 : 0;
