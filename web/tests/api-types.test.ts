import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
// @ts-expect-error it is a script without types
import { FILE, apiTypes } from "../api-types.mjs";

test("the types of the API are those of docs/openapi.json: `make openapi` writes them", async () => {
  const same = readFileSync(FILE, "utf8") === (await apiTypes());
  expect(same).toBe(true);
});
