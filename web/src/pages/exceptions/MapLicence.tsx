import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, everyRow, versioned } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { Answer } from "../../parts/States";
import { MapForm } from "./MapForm";
import { partsOf } from "./parts";

interface Props {
  tenantId: string;
  skuId: string;
  /** Whose users it bills, of a tenant with several companies. */
  companyId: string;
  close: () => void;
}

/** Map the licence to profile, agreement and line, or do not bill it. The tenant's other mappings stay as they are. */
export function MapLicence({ tenantId, skuId, companyId, close }: Props): ReactElement {
  const choices = useChoices(tenantId, skuId, companyId);
  const stored = useStored(tenantId);
  return (
    <Answer query={choices} rows={4}>
      {({ profiles, agreements, parts, showNames }) => (
        <Answer query={stored} rows={4}>
          {({ value, etag }) => (
            <MapForm
              tenantId={tenantId}
              licence={companyId ? { skuId, companyId } : { skuId }}
              parts={companyId ? [] : parts}
              profiles={profiles.filter(({ connection }) => connection === agreements.psaConnection)}
              agreements={agreements}
              showNames={showNames}
              stored={{ mappings: value.mappings, etag, readAnew: () => stored.refetch() }}
              close={close}
            />
          )}
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
  });
}

function useChoices(tenant: string, skuId: string, companyId: string) {
  const api = useApi();
  const { id: account } = useAccount();
  const path = { account, tenant };
  return useQuery({
    queryKey: [account, "map", tenant, skuId, companyId],
    queryFn: async () => {
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
      const { showNames } = preferences;
      return { profiles, agreements, showNames, parts: partsOf(licences.filter((licence) => licence.skuId === skuId)) };
    },
  });
}
