import { useQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { answer, everyRow, versioned, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { Answer } from "../../parts/States";
import { partsOf, type Part } from "./parts";
import type { Stored } from "./saveMappings";

export interface MappingChoices {
  /** Of the PSA of the tenant's company. */
  profiles: Schemas["ProfileInList"][];
  agreements: Schemas["AgreementsToChoose"];
  /** What of the licence is not mapped yet. */
  parts: Part[];
  /** Names on the invoice are ticked at first. */
  showNames: boolean;
}

interface Props {
  tenantId: string;
  skuId: string;
  companyId: string;
  children: (choices: MappingChoices, stored: Stored) => ReactNode;
}

/** What a form that changes mappings needs: what there is to choose from, and all mappings of the tenant as they are. */
export function LoadMappings({ tenantId, skuId, companyId, children }: Props): ReactElement {
  const choices = useChoices(tenantId, skuId, companyId);
  const stored = useStored(tenantId);
  return (
    <Answer query={choices} rows={4}>
      {(found) => (
        <Answer query={stored} rows={4}>
          {({ value, etag }) =>
            children(found, { mappings: value.mappings, etag, readAnew: () => stored.refetch() })
          }
        </Answer>
      )}
    </Answer>
  );
}

/** All mappings of the tenant, as they are stored. */
function useStored(tenant: string) {
  const api = useApi();
  const { id: account } = useAccount();
  return useQuery({
    queryKey: [account, "mappings", tenant],
    queryFn: () =>
      versioned(api.GET("/api/accounts/{account}/tenants/{tenant}/mappings", { params: { path: { account, tenant } } })),
    staleTime: 0,
    gcTime: 0, // a form begins with what is stored now, not with what an earlier one read
  });
}

function useChoices(tenant: string, skuId: string, companyId: string) {
  const api = useApi();
  const { id: account } = useAccount();
  const path = { account, tenant };
  return useQuery({
    queryKey: [account, "map", tenant, skuId, companyId],
    queryFn: async (): Promise<MappingChoices> => {
      const [profiles, agreements, licences, preferences] = await Promise.all([
        everyRow((cursor) =>
          api.GET("/api/accounts/{account}/billing-profiles", { params: { path: { account }, query: { cursor } } }),
        ),
        answer(
          api.GET("/api/accounts/{account}/tenants/{tenant}/agreements", { params: { path, query: { companyId } } }),
        ),
        everyRow((cursor) =>
          api.GET("/api/accounts/{account}/tenants/{tenant}/licences", { params: { path, query: { cursor } } }),
        ),
        answer(api.GET("/api/accounts/{account}/preferences", { params: { path: { account } } })),
      ]);
      const mine = profiles.filter(({ connection }) => connection === agreements.psaConnection);
      const parts = partsOf(licences.filter((licence) => licence.skuId === skuId));
      return { profiles: mine, agreements, showNames: preferences.showNames, parts };
    },
  });
}
