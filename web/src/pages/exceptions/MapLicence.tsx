import type { ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { LoadMappings } from "./LoadMappings";
import { MapForm } from "./MapForm";

interface Props {
  tenantId: string;
  skuId: string;
  /** Whose users it bills, of a tenant with several companies. */
  companyId: string;
  /** Its mapping, where that is changed. */
  changes?: { subscriptionId: string; mapped: NonNullable<Schemas["ShownLicence"]["mapped"]> };
  close: () => void;
}

/** Map the licence to profile, agreement and line, or do not bill it. The tenant's other mappings stay as they are. */
export function MapLicence({ tenantId, skuId, companyId, changes, close }: Props): ReactElement {
  return (
    <LoadMappings tenantId={tenantId} skuId={skuId} companyId={companyId}>
      {({ profiles, agreements, parts, showNames }, stored) => (
        <MapForm
          tenantId={tenantId}
          licence={companyId ? { skuId, companyId } : { skuId }}
          parts={changes ? [{ subscriptionId: changes.subscriptionId, name: "" }] : companyId ? [] : parts}
          changes={changes?.mapped}
          profiles={profiles}
          agreements={agreements}
          showNames={showNames}
          stored={stored}
          close={close}
        />
      )}
    </LoadMappings>
  );
}
