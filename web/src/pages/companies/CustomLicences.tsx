import { Button, Input, Text, makeStyles } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, everyRow, versioned, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Answer, Failed } from "../../parts/States";
import { DefineCustomLicence } from "./DefineCustomLicence";
import { words } from "./rules";

type Custom = Schemas["ShownCustomLicence"];
type Licence = Schemas["ShownLicence"];

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: "none", display: "grid", gap: "8px" },
  row: { display: "flex", flexWrap: "wrap", gap: "8px", alignItems: "center" },
  what: { flexGrow: 1, minWidth: "200px" },
});

interface Props {
  tenant: string;
  licences: Licence[];
}

/** Rows of the customer whose quantity comes from a rule: what there is, a new one, its name, its end. */
export function CustomLicences({ tenant, licences }: Props): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("editor");
  const found = useQuery({
    queryKey: [account, "custom-licences"],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/custom-licences", { params: { path: { account }, query: { cursor } } }),
      ),
  });
  const names = new Map(licences.map((licence) => [licence.skuId, licence.name]));
  return (
    <Section
      title="Custom licences"
      about="Their quantity comes from a rule. They stand among the licences above and are mapped there; nobody is reminded of one that is not mapped."
    >
      <Answer query={found} rows={2}>
        {(all) => (
          <ul className={styles.list} aria-label="Custom licences">
            {all
              .filter((custom) => custom.tenantId === "" || custom.tenantId === tenant)
              .map((custom) => (
                <Row key={custom.id} custom={custom} what={words(custom.rule, names)} mayChange={mayChange} />
              ))}
          </ul>
        )}
      </Answer>
      {mayChange && <DefineCustomLicence tenant={tenant} licences={licences} />}
    </Section>
  );
}

function Row({ custom, what, mayChange }: { custom: Custom; what: string; mayChange: boolean }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const [name, setName] = useState<string>();
  const path = { account, customLicence: custom.id };
  const changed = (told: string) => {
    done(told);
    setName(undefined);
    void queries.invalidateQueries({ queryKey: [account] });
  };
  const rename = useMutation({
    mutationFn: async (wanted: string) => {
      const seen = await versioned(
        api.GET("/api/accounts/{account}/custom-licences/{customLicence}", { params: { path } }),
      );
      return answer(
        api.PATCH("/api/accounts/{account}/custom-licences/{customLicence}", {
          params: { path, header: { "If-Match": seen.etag } },
          body: { name: wanted },
        }),
      );
    },
    onSuccess: () => changed("The name is changed."),
  });
  const remove = useMutation({
    mutationFn: async () => {
      const gone = await api.DELETE("/api/accounts/{account}/custom-licences/{customLicence}", { params: { path } });
      if (!gone.response.ok) await answer(Promise.resolve(gone));
    },
    onSuccess: () => changed("The custom licence is removed."),
  });
  return (
    <li>
      <div className={styles.row}>
        <div className={styles.what}>
          {name === undefined ? (
            <Text weight="semibold">{custom.name}</Text>
          ) : (
            <Input aria-label={`New name of ${custom.name}`} value={name} onChange={(_, { value }) => setName(value)} />
          )}
          <Text block>
            {what}
            {custom.tenantId === "" && "; of every customer"}
          </Text>
        </div>
        {mayChange && name === undefined && (
          <>
            <Button onClick={() => setName(custom.name)} aria-label={`Rename ${custom.name}`}>
              Rename
            </Button>
            <Button onClick={() => remove.mutate()} disabledFocusable={remove.isPending} aria-label={`Remove ${custom.name}`}>
              Remove
            </Button>
          </>
        )}
        {name !== undefined && (
          <>
            <Button appearance="primary" disabled={!name.trim()} onClick={() => rename.mutate(name)}>
              Save
            </Button>
            <Button onClick={() => setName(undefined)}>Cancel</Button>
          </>
        )}
      </div>
      {rename.error && <Failed error={rename.error} />}
      {remove.error && <Failed error={remove.error} />}
    </li>
  );
}
