import { Button, Field, Input, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, everyRow, versioned, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { useEdited } from "../../parts/edited";
import { useNotices } from "../../parts/notices";
import { SaveBar } from "../../parts/SaveBar";
import { Section } from "../../parts/Section";
import { Answer, Failed } from "../../parts/States";
import { DefineCustomLicence } from "./DefineCustomLicence";
import { words } from "./rules";

type Custom = Schemas["ShownCustomLicence"];
type Licence = Schemas["ShownLicence"];

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: "none", display: "grid", gap: "12px" },
  another: { display: "grid", gap: "12px", paddingTop: "16px", borderTop: `1px solid ${tokens.colorNeutralStroke3}` },
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
      {mayChange && (
        <div className={styles.another}>
          <Text as="h3" size={400} weight="semibold" block style={{ margin: 0 }}>
            Define one
          </Text>
          <DefineCustomLicence tenant={tenant} licences={licences} />
        </div>
      )}
    </Section>
  );
}

function Row({ custom, what, mayChange }: { custom: Custom; what: string; mayChange: boolean }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const [renaming, setRenaming] = useState(false);
  const path = { account, customLicence: custom.id };
  const remove = useMutation({
    mutationFn: async () => {
      const gone = await api.DELETE("/api/accounts/{account}/custom-licences/{customLicence}", { params: { path } });
      if (!gone.response.ok) await answer(Promise.resolve(gone));
    },
    onSuccess: () => {
      done("The custom licence is removed.");
      void queries.invalidateQueries({ queryKey: [account] });
    },
  });
  return (
    <li>
      <div className={styles.row}>
        <div className={styles.what}>
          <Text weight="semibold">{custom.name}</Text>
          <Text block>
            {what}
            {custom.tenantId === "" && "; of every customer"}
          </Text>
        </div>
        {mayChange && !renaming && (
          <>
            <Button onClick={() => setRenaming(true)} aria-label={`Rename ${custom.name}`}>
              Rename
            </Button>
            <Button onClick={() => remove.mutate()} disabledFocusable={remove.isPending} aria-label={`Remove ${custom.name}`}>
              Remove
            </Button>
          </>
        )}
      </div>
      {renaming && <Rename custom={custom} close={() => setRenaming(false)} />}
      {remove.error && <Failed error={remove.error} />}
    </li>
  );
}

/** A new name, saved over the one that stood there when this began; what somebody else stored meanwhile is shown beside it. */
function Rename({ custom, close }: { custom: Custom; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const path = { account, customLicence: custom.id };
  const edited = useEdited<Custom>({
    queryKey: [account, "custom-licence", custom.id],
    read: () => versioned(api.GET("/api/accounts/{account}/custom-licences/{customLicence}", { params: { path } })),
    save: ({ name = "" }, etag) =>
      answer(
        api.PATCH("/api/accounts/{account}/custom-licences/{customLicence}", {
          params: { path, header: { "If-Match": etag } },
          body: { name },
        }),
      ),
    saved: () => {
      done("The name is changed.");
      close();
      void queries.invalidateQueries({ queryKey: [account] });
    },
  });
  const wrong = fieldOf(edited.saving.error) === "name" && sentenceOf(edited.saving.error);
  return (
    <Answer query={edited.query} rows={1}>
      {({ value: { name: stored } }) => (
        <>
          <Field
            label={`New name of ${custom.name}`}
            {...(wrong ? { validationState: "error" as const, validationMessage: wrong } : {})}
          >
            <Input value={edited.value?.name ?? stored} onChange={(_, { value }) => edited.set({ name: value })} />
          </Field>
          <SaveBar edited={edited} names={{ name: "Name" }} ready={edited.value?.name.trim() !== ""} />
          <Button
            onClick={() => {
              close();
              void queries.invalidateQueries({ queryKey: [account, "custom-licences"] });
            }}
          >
            Cancel
          </Button>
        </>
      )}
    </Answer>
  );
}
