import { Text } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, versioned } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { useEdited } from "../../parts/edited";
import { useNotices } from "../../parts/notices";
import { SaveBar } from "../../parts/SaveBar";
import { SideDrawer } from "../../parts/SideDrawer";
import { Answer } from "../../parts/States";
import { isPart } from "../../parts/useList";
import { AnotherCompany } from "./AnotherCompany";
import { FIELDS, FilterField, TITLES, type Filters } from "./FilterField";
import { Who, useFilterPreview } from "./filterPreview";
import { useCompanies, type Company } from "./useCompanies";

/** Which users of a tenant are a company's: those that fit its filters, all of them without any (K5, K11). */
export function CompanyFilters({ tenant, close }: { tenant: string; close: () => void }): ReactElement {
  const mayChange = useMay("editor");
  const { query } = useCompanies();
  return (
    <SideDrawer title="Which users" close={close}>
      <Text>
        Without filters every licensed user is the company’s. With filters, those who fit each of them are; a field that is left empty
        fits everybody. Its lines then bill what these users have assigned.
      </Text>
      <Answer query={query} rows={4}>
        {(companies) => {
          const there = companies.filter((company) => company.tenantId === tenant);
          return (
            <>
              {there.map((company) => (
                <OfCompany key={company.id} company={company} />
              ))}
              {mayChange && !isPart(companies) && <AnotherCompany tenant={tenant} there={there} />}
            </>
          );
        }}
      </Answer>
    </SideDrawer>
  );
}

function OfCompany({ company: { id: company, name, tenantId: tenant } }: { company: Company }): ReactElement {
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
    save: async (change, etag, stored) => {
      const body = { filters: { ...stored, ...change } };
      await answer(api.PATCH("/api/accounts/{account}/companies/{company}", { params: { path, header: { "If-Match": etag } }, body }));
    },
    saved: () => {
      done(`Saved: the users of ${name}.`, { text: "Its lines follow at the next sync." });
      void queries.invalidateQueries({ queryKey: [account], predicate: ({ queryKey }) => queryKey[1] !== "filters" });
    },
  });
  const preview = useFilterPreview(tenant, company, mayChange ? edited.value : undefined);
  return (
    <section aria-label={`Users of ${name}`}>
      <Text as="h3" size={400} weight="semibold">
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
                  <SaveBar edited={edited} names={TITLES} shown={shown} />
                </>
              )}
            </>
          )
        }
      </Answer>
    </section>
  );
}

/** The texts of one field as they are told beside what somebody else stored. */
function shown(texts: unknown): string {
  return Array.isArray(texts) && texts.length ? texts.join(", ") : "everybody";
}
