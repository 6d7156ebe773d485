import { useQuery, useQueryClient } from "@tanstack/react-query";
import { everyRow } from "../api/client";
import { useAccount } from "../app/context";
import { AS_CSV, download } from "./download";
import { useNotices } from "./notices";

interface Asked<T> {
  data?: { items: T[]; next?: string | null };
  error?: unknown;
  response: Response;
}

type Query = { limit: number; cursor?: string };

/** The most rows that the API gives at once. */
const LIMIT = 1000;
/** Lists of which more rows are on their way. */
const parts = new WeakSet<object>();

/** Is this the beginning of a list, whose other rows are still being read? */
export function isPart(rows: readonly unknown[]): boolean {
  return parts.has(rows);
}

/**
 * A list of the account, whole, and its CSV file. `ask` is the list's route. What is read for the first time is shown
 * from its first page on; what is read anew is shown when all of it is there.
 */
export function useList<T>(
  name: string[],
  ask: (query: Query, as: object, account: string) => Promise<Asked<T>>,
  /** Milliseconds after which it is read anew while it has these rows, or false. */
  again: (rows: T[]) => number | false = () => false,
) {
  const { id } = useAccount();
  const { failed } = useNotices();
  const queries = useQueryClient();
  const queryKey = [id, ...name];
  const show = (rows: T[]) => {
    const shown = queries.getQueryData<T[]>(queryKey);
    if (shown && !isPart(shown)) return;
    const part = [...rows];
    parts.add(part);
    queries.setQueryData(queryKey, part);
  };
  const query = useQuery({
    queryKey,
    queryFn: () => everyRow((cursor) => ask({ limit: LIMIT, cursor }, {}, id), show),
    // Comparing tens of thousands of rows with those of before costs more than drawing the few in sight.
    structuralSharing: false,
    refetchInterval: ({ state }) => (state.data ? again(state.data) : false),
  });
  const csv = () =>
    download(ask({ limit: LIMIT }, AS_CSV, id), `${name.join("-")}.csv`).catch((error: unknown) =>
      failed("The file was not made.", error),
    );
  return { query, csv };
}
