import { useQuery } from "@tanstack/react-query";
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

/** A list of the account, whole, and its CSV file. `ask` is the list's route. */
export function useList<T>(
  name: string[],
  ask: (query: Query, as: object, account: string) => Promise<Asked<T>>,
  /** Milliseconds after which it is read anew while it has these rows, or false. */
  again: (rows: T[]) => number | false = () => false,
) {
  const { id } = useAccount();
  const { failed } = useNotices();
  const query = useQuery({
    queryKey: [id, ...name],
    queryFn: () => everyRow((cursor) => ask({ limit: 200, cursor }, {}, id)),
    refetchInterval: ({ state }) => (state.data ? again(state.data) : false),
  });
  const csv = () =>
    download(ask({ limit: 200 }, AS_CSV, id), `${name.join("-")}.csv`).catch((error: unknown) =>
      failed("The file was not made.", error),
    );
  return { query, csv };
}
