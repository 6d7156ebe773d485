import { Button, Field, Input, Text, makeStyles } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi } from "../../app/context";
import { useNotices } from "../../parts/notices";
import { PsaCompanyPicker, type PsaCompany } from "../../parts/PsaCompanyPicker";
import { Answer, Failed } from "../../parts/States";
import { usePsaConnections } from "../../parts/usePsaConnections";
import { FIELDS, FilterField, type Filters } from "./FilterField";
import { Who, useFilterPreview } from "./filterPreview";

const EVERYBODY: Filters = { office: [], department: [], state: [], city: [] };
const useStyles = makeStyles({
  form: { display: "grid", gap: "12px" },
  title: { margin: 0 },
  actions: { display: "flex", gap: "8px", flexWrap: "wrap" },
});

interface Props {
  tenant: string;
  /** The companies that the tenant is now. */
  there: Schemas["CompanyInList"][];
}

/** One more company of the same tenant, for those of its users that fit filters of its own (K5, K11). */
export function AnotherCompany({ tenant, there }: Props): ReactElement {
  const styles = useStyles();
  const [open, setOpen] = useState(false);
  const whole = there.find(({ filters }) => FIELDS.every((field) => filters[field].length === 0));
  if (whole) {
    return (
      <Text>
        Are the users of this tenant billed to several companies? Choose first which of them are {whole.name}’s, and save: then another company
        can be added for the others.
      </Text>
    );
  }
  if (!open) {
    return (
      <div className={styles.actions}>
        <Button icon={<AddRegular />} onClick={() => setOpen(true)}>
          Add another company of this tenant
        </Button>
      </div>
    );
  }
  return (
    <section aria-label="Another company" className={styles.form}>
      <Text as="h3" size={400} weight="semibold" className={styles.title}>
        Another company
      </Text>
      <Form tenant={tenant} close={() => setOpen(false)} />
    </section>
  );
}

function Form({ tenant, close }: { tenant: string; close: () => void }): ReactElement {
  const styles = useStyles();
  const connections = usePsaConnections();
  const [company, setCompany] = useState<PsaCompany | null>(null);
  const [name, setName] = useState("");
  const [filters, setFilters] = useState<Filters>(EVERYBODY);
  const preview = useFilterPreview(tenant, "", filters);
  const add = useAdd(tenant, close);
  const chosen = FIELDS.some((field) => filters[field].length > 0);
  const marked = (field: string) =>
    fieldOf(add.error) === field ? { validationState: "error" as const, validationMessage: sentenceOf(add.error) } : {};
  return (
    <Answer query={connections} rows={5}>
      {(found) =>
        found[0] ? (
          <>
            <PsaCompanyPicker connections={found} chosen={company} choose={setCompany} marked={marked("psaCompany")} />
            <Field label="Name" hint="What you call it here; empty takes the name in the PSA." {...marked("name")}>
              <Input value={name} maxLength={200} onChange={(_, { value }) => setName(value)} />
            </Field>
            {FIELDS.map((field) => (
              <FilterField
                key={field}
                field={field}
                chosen={filters[field]}
                there={preview.data?.texts[field] ?? []}
                disabled={false}
                choose={(texts) => setFilters({ ...filters, [field]: texts })}
              />
            ))}
            <Answer query={preview} rows={1}>
              {(who) => <Who preview={who} />}
            </Answer>
            {add.error && !["psaCompany", "name"].includes(fieldOf(add.error)) && <Failed error={add.error} />}
            <div className={styles.actions}>
              <Button
                appearance="primary"
                disabled={!company || !chosen || add.isPending}
                onClick={() => company && add.mutate({ company, name: name.trim() || company.name, filters })}
              >
                Add company
              </Button>
              <Button onClick={close}>Cancel</Button>
            </div>
          </>
        ) : (
          "Connect a PSA first: its companies are what tenants are linked with."
        )
      }
    </Answer>
  );
}

interface Asked {
  company: PsaCompany;
  name: string;
  filters: Filters;
}

function useAdd(tenantId: string, close: () => void) {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  return useMutation({
    mutationFn: ({ company, name, filters }: Asked) =>
      answer(
        api.POST("/api/accounts/{account}/companies", {
          params: { path: { account } },
          body: { tenantId, psaConnection: company.connection, psaCompany: company.id, name, partnerConnection: "", filters },
        }),
      ),
    onSuccess: ({ name }) => {
      done(`${name} is added.`, { text: "Map the licences of its users next: they are under Exceptions after the next sync." });
      void queries.invalidateQueries({ queryKey: [account] });
      close();
    },
  });
}
