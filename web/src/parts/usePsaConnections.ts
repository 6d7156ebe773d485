import { useQuery } from "@tanstack/react-query";
import { everyRow } from "../api/client";
import { useAccount, useApi } from "../app/context";

/** The account's PSAs. */
export function usePsaConnections() {
  const api = useApi();
  const { id: account } = useAccount();
  return useQuery({
    queryKey: [account, "psa-connections"],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/psa-connections", { params: { path: { account }, query: { cursor } } }),
      ),
  });
}
