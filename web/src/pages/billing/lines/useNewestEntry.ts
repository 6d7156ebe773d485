import { useQuery } from "@tanstack/react-query";
import { answer } from "../../../api/client";
import { useAccount, useApi } from "../../../app/context";
import { newestOfEach, type Entry } from "./newestChange";
import type { MappedLine } from "./useFreezing";

/** More than what one night and a person leave behind after the newest change. */
const ENOUGH = 50;

/** The entry that says how a mapping's line stands now; undefined: nothing has happened to it. */
export function useNewestEntry({ tenantId, mappingId }: MappedLine, after = "", enabled = true) {
  const api = useApi();
  const { id: account } = useAccount();
  return useQuery({
    enabled,
    queryKey: [account, "newest-entry", tenantId, mappingId, after],
    queryFn: async (): Promise<Entry | null> => {
      const query = { tenant: tenantId, mapping: mappingId, limit: ENOUGH };
      const { items } = await answer(api.GET("/api/accounts/{account}/ledger", { params: { path: { account }, query } }));
      return newestOfEach(items)[0] ?? null;
    },
  });
}
