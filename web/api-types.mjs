// Types of the HTTP API from docs/openapi.json: `npm run api` writes them, a test compares them.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import openapi, { astToString } from "openapi-typescript";

export const FILE = resolve(import.meta.dirname, "src/api/schema.d.ts");

export async function apiTypes() {
  const document = JSON.parse(readFileSync(resolve(import.meta.dirname, "../docs/openapi.json"), "utf8"));
  const written = astToString(await openapi(document, { defaultNonNullable: false }));
  return `// Made by \`make openapi\` from docs/openapi.json.\n${written}`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(FILE, await apiTypes());
