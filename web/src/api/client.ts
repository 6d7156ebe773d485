import createClient, { type Client } from "openapi-fetch";
import type { Session } from "../app/session";
import { askAs } from "./ask";
import { problemIn } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Api = Client<paths, "application/json">;

/** The API as the signed-in person. */
export function makeApi(address: string, session: Session): Api {
  return createClient<paths, "application/json">({ baseUrl: address, fetch: (request) => askAs(session, request) });
}

interface Asked<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What the API answered. Throws ApiProblem. */
export async function answer<T>(asked: Promise<Asked<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemIn(response, error);
  return data as NonNullable<T>;
}

/** An answer that can be edited, with the ETag that its change must send as If-Match. */
export interface Versioned<T> {
  value: T;
  etag: string;
}

export async function versioned<T>(asked: Promise<Asked<T>>): Promise<Versioned<NonNullable<T>>> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemIn(response, error);
  return { value: data as NonNullable<T>, etag: response.headers.get("ETag") ?? "" };
}

/** Every row of a list, page after page. `sofar` is told what is there while more follows. */
export async function everyRow<T>(
  ask: (cursor: string | undefined) => Promise<Asked<{ items: T[]; next?: string | null }>>,
  sofar?: (rows: T[]) => void,
): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await answer(ask(cursor));
    rows.push(...page.items);
    cursor = page.next ?? undefined;
    if (cursor) sofar?.(rows);
  } while (cursor);
  return rows;
}
