import { afterEach, expect, test, vi } from "vitest";
import { askAhead, askAs } from "../src/api/ask";
import { answer, everyRow } from "../src/api/client";
import { ApiProblem, problemIn, sentenceOf } from "../src/api/problem";
import { checkedConfig } from "../src/app/config";
import { ownPath } from "../src/app/session";

afterEach(() => vi.unstubAllGlobals());

/** An API that knows one token and counts what was done. */
function api(good: string) {
  const bodies: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.headers.get("Authorization") !== `Bearer ${good}`) return new Response("{}", { status: 401 });
    bodies.push(await request.text());
    return new Response("{}");
  });
  return bodies;
}

const saving = () => new Request("https://api.example/x", { method: "PUT", body: "typed" });

test("an expired token is renewed and the same request is done once", async () => {
  const done = api("new");
  const answered = await askAs({ token: () => "old", renew: async () => "new" }, saving());
  expect(answered.status).toBe(200);
  expect(done).toEqual(["typed"]);
});

test("what was asked ahead is given once, and then asked anew", async () => {
  let asked = 0;
  vi.stubGlobal("fetch", async () => new Response(String(++asked)));
  const person = { token: () => "t", renew: async () => null };
  const read = () => askAs(person, new Request("https://api.example/me")).then((given) => given.text());
  askAhead(person, ["https://api.example/me"]);
  expect(asked).toBe(1);
  expect([await read(), asked, await read()]).toEqual(["1", 1, "2"]);
});

test("a sign-in that cannot be renewed leaves the refusal", async () => {
  const done = api("new");
  const answered = await askAs({ token: () => "old", renew: async () => null }, saving());
  expect(answered.status).toBe(401);
  expect(done).toEqual([]);
});

test("a write that fails for another reason than its token is never sent a second time", async () => {
  let sent = 0;
  vi.stubGlobal("fetch", async () => new Response("", { status: (sent += 1) && 503 }));
  const answered = await askAs({ token: () => "old", renew: async () => "new" }, saving());
  expect([answered.status, sent]).toEqual([503, 1]);
});

test("a problem speaks in the API's words, anything else in ours", async () => {
  const problem = { status: 409, title: "Conflict", detail: "It is held no more.", code: "not_held" };
  const refused = answer(Promise.resolve({ error: problem, response: new Response("", { status: 409 }) }));
  await expect(refused).rejects.toThrow("It is held no more.");
  const marked = new ApiProblem({ status: 422, title: "", detail: "hour: must be at most 23.", code: "x", field: "hour" });
  expect(sentenceOf(marked)).toBe("must be at most 23.");
  const html = problemIn(new Response("", { status: 502 }), "<html>");
  expect(html).toBeInstanceOf(ApiProblem);
  expect(sentenceOf(html)).toMatch(/try again/);
});

test("a list is read to its end", async () => {
  const pages: Record<string, { items: number[]; next: string | null }> = {
    "": { items: [1, 2], next: "b" },
    b: { items: [3], next: null },
  };
  const ask = async (cursor?: string) => ({ data: pages[cursor ?? ""], response: new Response() });
  expect(await everyRow(ask as Parameters<typeof everyRow<number>>[0])).toEqual([1, 2, 3]);
});

test("a configuration that lacks something says what", () => {
  expect(() => checkedConfig({ api: "https://a.example/" })).toThrow('"authority"');
  expect(checkedConfig({ api: "https://a.example/", authority: "b", clientId: "c" }).api).toBe("https://a.example");
});

test("a sign-in leads to paths of this site only", () => {
  expect(ownPath("/accounts/demo/exceptions/a?b=c")).toBe("/accounts/demo/exceptions/a?b=c");
  for (const foreign of ["https://evil.example", "//evil.example", "/\\evil.example", null, {}]) {
    expect(ownPath(foreign)).toBe("/");
  }
});
