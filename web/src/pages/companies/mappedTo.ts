import { useCallback } from "react";
import type { Schemas } from "../../api/client";
import { useApi } from "../../app/context";
import { lineWords, useAgreementName } from "../../parts/agreements";
import { useList } from "../../parts/useList";

type Mapped = NonNullable<Schemas["ShownLicence"]["mapped"]>;
type Profile = Schemas["ProfileInList"];

export interface MappedTo {
  /** The name of its billing profile; "" while it is not known. */
  profile: string;
  /** "line 9018 on Kestrel Couriers - Microsoft 365". */
  line: string;
}

/** What a licence is billed as, and by which line of which agreement, in names. */
export function useMappedTo(): (mapped: Mapped) => MappedTo {
  const api = useApi();
  const agreement = useAgreementName();
  const { query } = useList<Profile>(["billing-profiles"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/billing-profiles", { params: { path: { account }, query: asked }, ...as }),
  );
  const profiles = query.data;
  return useCallback(
    (mapped) => ({
      profile: profiles?.find(({ id }) => id === mapped.profile)?.name ?? "",
      line: lineWords({ lineId: mapped.lineId, agreement: agreement(mapped) }),
    }),
    [profiles, agreement],
  );
}
