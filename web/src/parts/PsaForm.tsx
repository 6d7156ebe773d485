import { Button, Dropdown, Field, Input, Option, makeStyles } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, versioned, type Schemas } from "../api/client";
import { fieldOf, sentenceOf } from "../api/problem";
import { useAccount, useApi } from "../app/context";
import { useNotices } from "./notices";
import { Failed } from "./States";
import { PSA_KINDS } from "./psaKinds";

const useStyles = makeStyles({
  form: { display: "grid", gap: "12px", maxWidth: "420px" },
  actions: { display: "flex", gap: "8px" },
});

interface Props {
  /** The connection to change; without it a new one is made. */
  psa?: Schemas["ShownPsaState"];
  done: () => void;
}

/** Test and save: what is wrong or missing is said, and then nothing is stored. */
export function PsaForm({ psa, done }: Props): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const notices = useNotices();
  const [kind, setKind] = useState(psa?.kind ?? "connectwise");
  const [name, setName] = useState(psa?.name ?? "");
  const [settings, setSettings] = useState<Record<string, string | boolean>>(psa?.settings ?? {});
  const [secret, setSecret] = useState("");
  const words = PSA_KINDS[kind];
  const save = useMutation({
    mutationFn: async () => {
      const body = { kind, name, settings, secret };
      if (!psa) {
        await answer(api.POST("/api/accounts/{account}/psa-connections", { params: { path: { account } }, body }));
        return;
      }
      const path = { account, psaConnection: psa.id };
      const { etag } = await versioned(
        api.GET("/api/accounts/{account}/psa-connections/{psaConnection}", { params: { path } }),
      );
      await answer(
        api.PUT("/api/accounts/{account}/psa-connections/{psaConnection}", {
          params: { path, header: { "If-Match": etag } },
          body,
        }),
      );
    },
    onSuccess: () => {
      notices.done(`${name} works and is saved.`);
      void queries.invalidateQueries({ queryKey: [account] });
      done();
    },
  });
  const wrong = (field: string) =>
    fieldOf(save.error).split(".").pop() === field
      ? { validationState: "error" as const, validationMessage: sentenceOf(save.error) }
      : {};
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      {!psa && (
        <Field label="Which PSA">
          <Dropdown
            value={words?.title ?? kind}
            selectedOptions={[kind]}
            onOptionSelect={(_, { optionValue }) => {
              setKind(optionValue ?? kind);
              setSettings({});
            }}
          >
            {Object.entries(PSA_KINDS).map(([one, { title }]) => (
              <Option key={one} value={one}>
                {title}
              </Option>
            ))}
          </Dropdown>
        </Field>
      )}
      <Field label="Name" hint="What you call it here" {...wrong("name")}>
        <Input value={name} onChange={(_, { value }) => setName(value)} />
      </Field>
      {words?.fields.map((field) => (
        <Field key={field.name} label={field.label} hint={field.hint} {...wrong(field.name)}>
          <Input
            value={String(settings[field.name] ?? "")}
            onChange={(_, { value }) => setSettings({ ...settings, [field.name]: value })}
          />
        </Field>
      ))}
      <Field
        label={words?.secret ?? "Secret"}
        hint={psa ? "Empty keeps the one that is stored" : "Kept encrypted, and never shown again"}
        {...wrong("secret")}
      >
        <Input type="password" autoComplete="off" value={secret} onChange={(_, { value }) => setSecret(value)} />
      </Field>
      {save.error && <Failed error={save.error} />}
      <div className={styles.actions}>
        <Button type="submit" appearance="primary" disabled={!name || save.isPending}>
          {save.isPending ? "Testing …" : "Test and save"}
        </Button>
        <Button onClick={done}>Cancel</Button>
      </div>
    </form>
  );
}
