import { useQuery } from "@tanstack/react-query";
import { everyRow, type Schemas } from "../../../api/client";
import { useAccount, useApi } from "../../../app/context";

export type Product = Schemas["ShownProduct"];

/** What a PSA sells; nothing is asked for while no PSA is chosen. */
export function useProducts(psaConnection: string) {
  const api = useApi();
  const { id: account } = useAccount();
  return useQuery({
    enabled: psaConnection !== "",
    queryKey: [account, "products", psaConnection],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/products", {
          params: { path: { account, psaConnection }, query: { limit: 200, cursor } },
        }),
      ),
  });
}
