import { Text, makeStyles, tokens } from "@fluentui/react-components";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { counted } from "../../parts/format";
import type { Filters } from "./FilterField";

type Preview = Schemas["ShownFilterPreview"];

const useStyles = makeStyles({
  preview: { display: "grid", gap: "4px", padding: "12px", borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3 },
  list: { margin: 0, paddingLeft: "20px" },
  wrong: { color: tokens.colorPaletteRedForeground1 },
});

/** Whose users filters would make; `companyId` "" is a company that is not added yet, no filters are not asked about. */
export function useFilterPreview(tenant: string, companyId: string, filters: Filters | undefined) {
  const api = useApi();
  const { id: account } = useAccount();
  const wanted = useDeferredValue(filters);
  return useQuery({
    enabled: wanted !== undefined,
    queryKey: [account, "filter-preview", tenant, companyId, wanted],
    queryFn: ({ signal }) =>
      answer(
        api.POST("/api/accounts/{account}/tenants/{tenant}/filters/preview", {
          params: { path: { account, tenant } },
          body: { companyId, filters: wanted ?? {} },
          signal,
        }),
      ),
    placeholderData: keepPreviousData, // no flicker while the next one is counted
  });
}

/** How many users would be the company's, another's too, or nobody's. */
export function Who({ preview }: { preview: Preview }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.preview} role="status">
      <Text weight="semibold">
        {preview.fit} of {counted(preview.users, "licensed user")} {preview.fit === 1 ? "fits" : "fit"}
      </Text>
      {preview.inSeveral > 0 && (
        <Text className={styles.wrong}>
          {counted(preview.inSeveral, "of them is another company’s too", "of them are another company’s too")}: no line of their licences
          would be written.
        </Text>
      )}
      {preview.inNone > 0 && (
        <Text className={styles.wrong}>{counted(preview.inNone, "user")} would be nobody’s, and not billed.</Text>
      )}
      <ul className={styles.list}>
        {preview.licences.map((licence) => (
          <li key={licence.skuId}>
            {licence.name || licence.skuId}: {counted(licence.users, "user")}
          </li>
        ))}
      </ul>
    </div>
  );
}
