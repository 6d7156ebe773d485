import { queryOptions, useQueries, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { everyRow, type Schemas } from "../../../api/client";
import { useAccount, useApi } from "../../../app/context";

export type Product = Schemas["ShownProduct"];
type OfProduct = Pick<Schemas["ProfileInList"], "connection" | "productId">;

/** What a PSA sells; nothing is asked for while no PSA is chosen. */
export function useProducts(psaConnection: string) {
  return useQuery(useProductsOf()(psaConnection));
}

/** What the product of a profile is called in its PSA; its id where the PSA's list does not tell it. */
export function useProductName(profiles: readonly OfProduct[] = []): (of: OfProduct) => string {
  const productsOf = useProductsOf();
  const psas = useMemo(() => [...new Set(profiles.map(({ connection }) => connection))], [profiles]);
  const names = useQueries({ queries: psas.map(productsOf), combine: namesOf });
  return useCallback(({ connection, productId }) => names[psas.indexOf(connection)]?.get(productId) ?? productId, [names, psas]);
}

function namesOf(lists: UseQueryResult<Product[]>[]): Map<string, string>[] {
  return lists.map(({ data }) => new Map(data?.map(({ id, name }) => [id, name])));
}

function useProductsOf() {
  const api = useApi();
  const { id: account } = useAccount();
  return useCallback(
    (psaConnection: string) =>
      queryOptions({
        enabled: psaConnection !== "",
        queryKey: [account, "products", psaConnection],
        queryFn: () =>
          everyRow((cursor) =>
            api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/products", {
              params: { path: { account, psaConnection }, query: { limit: 200, cursor } },
            }),
          ),
      }),
    [api, account],
  );
}
