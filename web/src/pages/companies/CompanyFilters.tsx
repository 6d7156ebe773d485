import { Button, DrawerBody, DrawerHeader, DrawerHeaderTitle, OverlayDrawer, Text, makeStyles, tokens } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, type ReactElement } from "react";
import { answer, versioned, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { useEdited } from "../../parts/edited";
import { counted } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { SaveBar } from "../../parts/SaveBar";
import { Answer } from "../../parts/States";
import { useList } from "../../parts/useList";
import { FIELDS, FilterField, type Filters } from "./FilterField";

type Company = Schemas["ShownCompany"];
type Preview = Schemas["ShownFilterPreview"];

const useStyles = makeStyles({
  drawer: { width: "min(560px, 100vw)" },
  body: { display: "flex", flexDirection: "column", gap: "28px", paddingBottom: "32px" },
  company: { display: "grid", gap: "12px" },
  title: { margin: 0 },
  preview: { display: "grid", gap: "4px", padding: "12px", borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3 },
  list: { margin: 0, paddingLeft: "20px" },
  wrong: { color: tokens.colorPaletteRedForeground1 },
});

/** Which users of a tenant are a company's: those that fit its filters, all of them without any (K5, K11). */
export function CompanyFilters({ tenant, close }: { tenant: string; close: () => void }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { query } = useList<Company>(["companies"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/companies", { params: { path: { account }, query: asked }, ...as }),
  );
  return (
    <OverlayDrawer open position="end" className={styles.drawer} onOpenChange={(_, { open }) => open || close()}>
      <DrawerHeader>
        <DrawerHeaderTitle
          action={<Button appearance="subtle" aria-label="Close" icon={<DismissRegular />} onClick={close} />}
        >
          Which users
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody className={styles.body}>
        <Text>
          Without filters every licensed user is the company’s. With filters, those who fit each of them are; a field that is left empty
          fits everybody. Its lines then bill what these users have assigned.
        </Text>
        <Answer query={query} rows={4}>
          {(companies) =>
            companies.filter((company) => company.tenantId === tenant).map((company) => <OfCompany key={company.id} company={company} />)
          }
        </Answer>
      </DrawerBody>
    </OverlayDrawer>
  );
}

function OfCompany({ company: { id: company, name, tenantId: tenant } }: { company: Company }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("editor");
  const queries = useQueryClient();
  const { done } = useNotices();
  const path = { account, company };
  const edited = useEdited<Filters>({
    queryKey: [account, "filters", company],
    read: async () => {
      const { value, etag } = await versioned(api.GET("/api/accounts/{account}/companies/{company}", { params: { path } }));
      return { value: value.filters, etag };
    },
    save: async (change, etag) => {
      const now = queries.getQueryData<{ value: Filters }>([account, "filters", company])?.value;
      const body = { filters: { ...now, ...change } };
      await answer(api.PATCH("/api/accounts/{account}/companies/{company}", { params: { path, header: { "If-Match": etag } }, body }));
    },
    saved: () => {
      done(`Saved: the users of ${name}.`, { text: "Its lines follow at the next sync." });
      void queries.invalidateQueries({ queryKey: [account], predicate: ({ queryKey }) => queryKey[1] !== "filters" });
    },
  });
  const wanted = useDeferredValue(edited.value);
  const preview = useQuery({
    enabled: wanted !== undefined && mayChange,
    queryKey: [account, "filter-preview", company, wanted],
    queryFn: () =>
      answer(
        api.POST("/api/accounts/{account}/tenants/{tenant}/filters/preview", {
          params: { path: { account, tenant } },
          body: { companyId: company, filters: wanted ?? {} },
        }),
      ),
    placeholderData: keepPreviousData, // no flicker while the next one is counted
  });
  return (
    <section aria-label={`Users of ${name}`} className={styles.company}>
      <Text as="h3" size={400} weight="semibold" className={styles.title}>
        {name}
      </Text>
      <Answer query={edited.query} rows={3}>
        {() =>
          edited.value && (
            <>
              {FIELDS.map((field) => (
                <FilterField
                  key={field}
                  field={field}
                  chosen={edited.value?.[field] ?? []}
                  there={preview.data?.texts[field] ?? []}
                  disabled={!mayChange}
                  choose={(texts) => edited.set({ [field]: texts })}
                />
              ))}
              {mayChange && (
                <>
                  <Answer query={preview} rows={1}>
                    {(found) => <Who preview={found} />}
                  </Answer>
                  <SaveBar edited={edited} names={{ office: "Office", department: "Department", state: "State", city: "City" }} />
                </>
              )}
            </>
          )
        }
      </Answer>
    </section>
  );
}

/** How many users would be the company's, another's too, or nobody's. */
function Who({ preview }: { preview: Preview }): ReactElement {
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
