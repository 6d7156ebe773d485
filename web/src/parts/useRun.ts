import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { answer } from "../api/client";
import { useAccount, useApi } from "../app/context";

/** A run until it is closed, "" for none; then what it may have changed of the account is read anew. */
export function useRun(id: string) {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const run = useQuery({
    enabled: id !== "",
    queryKey: ["run", account, id],
    queryFn: () => answer(api.GET("/api/accounts/{account}/runs/{run}", { params: { path: { account, run: id } } })),
    refetchInterval: (query) => (query.state.data?.state === "closed" ? false : 2_000),
  });
  const closed = run.data?.state === "closed";
  useEffect(() => {
    if (closed) void queries.invalidateQueries({ queryKey: [account] });
  }, [closed, queries, account]);
  return run;
}
