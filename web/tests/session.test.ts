import { afterEach, expect, test, vi } from "vitest";
import { Session, endpointsOf } from "../src/app/session";

const CONFIG = { api: "https://api.example", authority: "https://login.example/organizations/v2.0", clientId: "app" };

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  localStorage.clear();
  sessionStorage.clear();
});

/** Microsoft's token endpoint; what it was asked is kept. */
function microsoft() {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (address: string) => {
    asked.push(address);
    const claims = btoa(JSON.stringify({ sub: "eva", aud: "app", iss: CONFIG.authority, exp: 9e9, iat: 1 }));
    const body = { access_token: "the-access-token", refresh_token: "the-refresh-token", token_type: "Bearer", expires_in: 3600, id_token: `e30.${claims}.x` };
    return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
  });
  return asked;
}

test("tokens live in memory only, and a sign-in asks Microsoft for nothing but them", async () => {
  const asked = microsoft();
  vi.spyOn(console, "error").mockReturnValue(); // jsdom says that it goes nowhere
  void new Session(CONFIG).begin("/accounts/demo/exceptions");
  await vi.waitFor(() => expect(sessionStorage).toHaveLength(1));
  const state = Object.keys(sessionStorage)[0]?.replace("sign-in.", "") ?? "";
  history.replaceState(null, "", `/signed-in?code=c&state=${state}`);

  const session = new Session(CONFIG);
  expect(await session.finish()).toBe("/accounts/demo/exceptions");
  expect(session.token()).toBe("the-access-token");
  expect(asked).toEqual(["https://login.example/organizations/oauth2/v2.0/token"]);
  const stored = JSON.stringify([{ ...localStorage }, { ...sessionStorage }]);
  expect(stored).not.toMatch(/the-(access|refresh)-token/);
});

test("a sign-in that was put off is asked for again by what begins later, and not by what was on its way", async () => {
  vi.spyOn(console, "warn").mockReturnValue();
  const session = new Session(CONFIG);
  const asked = performance.now();
  await session.renew(asked);
  expect(session.hasEnded()).toBe(true);
  session.later();
  expect(await session.renew(asked)).toBeNull();
  expect(session.hasEnded()).toBe(false);
  await session.renew(performance.now());
  expect(session.hasEnded()).toBe(true);
});

test("an authority that is not Entra's is asked where it signs people in", () => {
  expect(endpointsOf("https://login.example/realms/msp")).toBeUndefined();
});
