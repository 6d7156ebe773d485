import type { Session } from "../app/session";

type Person = Pick<Session, "token" | "renew">;

/** Reads of the first page that were asked while its scripts were still on their way, by address. */
const ahead = new Map<string, Promise<Response>>();

/** Ask these addresses now: whoever asks for one of them later is given this answer, once. */
export function askAhead(session: Person, addresses: string[]): void {
  for (const address of addresses) {
    const asked = askAs(session, new Request(address));
    asked.catch(() => undefined); // whoever is given the answer says why there is none
    ahead.set(address, asked);
  }
}

/** Ask as the signed-in person. A token that expired is renewed once, then the request is asked again. */
export async function askAs(session: Person, request: Request): Promise<Response> {
  const asked = request.method === "GET" ? ahead.get(request.url) : undefined;
  if (asked) {
    ahead.delete(request.url);
    return asked;
  }
  const again = request.clone();
  const begun = performance.now();
  const first = await fetch(withToken(request, session.token()));
  if (first.status !== 401) return first;
  // A 401 is answered before anything is done, so asking again cannot do it twice.
  const token = await session.renew(begun);
  return token ? fetch(withToken(again, token)) : first;
}

function withToken(request: Request, token: string | null): Request {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}
