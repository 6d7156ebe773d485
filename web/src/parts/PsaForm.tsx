import { Button, Checkbox, Dropdown, Field, Input, Option, makeStyles } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, versioned, type Schemas, type Versioned } from "../api/client";
import { fieldOf, isConflict, sentenceOf } from "../api/problem";
import { useAccount, useApi } from "../app/context";
import { Conflict, type Beside } from "./Conflict";
import { useNotices } from "./notices";
import { PSA_KINDS, type PsaField } from "./psaKinds";
import { Answer, Failed } from "./States";

const useStyles = makeStyles({
  form: { display: "grid", gap: "12px", maxWidth: "420px" },
  actions: { display: "flex", gap: "8px" },
});

type Psa = Pick<Schemas["ShownPsaState"], "id" | "kind" | "name" | "settings">;

interface Props {
  /** The connection to change; without it a new one is made. */
  psa?: Pick<Psa, "id">;
  done: () => void;
}

/** Test and save: what is wrong or missing is said, and then nothing is stored. */
export function PsaForm({ psa, done }: Props): ReactElement {
  const read = useRead(psa?.id ?? "");
  const stored = useQuery({
    enabled: psa !== undefined,
    queryKey: [useAccount().id, "psa-connection", psa?.id],
    queryFn: read,
    gcTime: 0, // a form begins with what is stored when it opens
  });
  if (!psa) return <Form done={done} />;
  return (
    <Answer query={stored} rows={4}>
      {(found) => <Form begins={found} read={read} done={done} />}
    </Answer>
  );
}

interface FormProps {
  /** As it was stored when the form was opened: a change that somebody else made since is a conflict. */
  begins?: Versioned<Psa>;
  read?: () => Promise<Versioned<Psa>>;
  done: () => void;
}

function Form({ begins, read, done }: FormProps): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notices = useNotices();
  const { id: account } = useAccount();
  const [seen, setSeen] = useState(begins);
  const psa = seen?.value;
  const [kind, setKind] = useState(psa?.kind ?? "connectwise");
  const [name, setName] = useState(psa?.name ?? "");
  const [settings, setSettings] = useState<Record<string, string | boolean>>(psa?.settings ?? {});
  const [secret, setSecret] = useState("");
  const words = PSA_KINDS[kind];
  const write = useWrite(seen);
  const save = useMutation({
    mutationFn: () => write({ kind, name, settings: given(settings, words?.fields ?? []), secret }),
    onSuccess: () => {
      notices.done(`${name} works and is saved.`);
      void queries.invalidateQueries({ queryKey: [account] });
      done();
    },
    // What is stored now is shown beside what was typed; the next save is made over it.
    onError: async (error) => {
      if (isConflict(error) && read) setSeen(await read());
    },
  });
  const takeTheirs = () => {
    setName(psa?.name ?? "");
    setSettings(psa?.settings ?? {});
    save.reset();
  };
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
        <Field key={field.name} label={field.ticked ? undefined : field.label} hint={field.hint} {...wrong(field.name)}>
          {field.ticked ? (
            <Checkbox
              label={field.label}
              checked={settings[field.name] === true}
              onChange={(_, { checked }) => setSettings({ ...settings, [field.name]: checked === true })}
            />
          ) : (
            <Input
              value={String(settings[field.name] ?? "")}
              onChange={(_, { value }) => setSettings({ ...settings, [field.name]: value })}
            />
          )}
        </Field>
      ))}
      <Field
        label={words?.secret ?? "Secret"}
        hint={psa ? "Empty keeps the one that is stored" : "Kept encrypted, and never shown again"}
        {...wrong("secret")}
      >
        <Input type="password" autoComplete="off" value={secret} onChange={(_, { value }) => setSecret(value)} />
      </Field>
      {isConflict(save.error) && psa ? (
        <Conflict rows={besideOf(psa, { name, settings }, words?.fields ?? [])}>
          <Button type="submit">Save mine</Button>
          <Button onClick={takeTheirs}>Keep theirs</Button>
        </Conflict>
      ) : (
        save.error && <Failed error={save.error} />
      )}
      <div className={styles.actions}>
        <Button type="submit" appearance="primary" disabled={!name || save.isPending}>
          {save.isPending ? "Testing …" : "Test and save"}
        </Button>
        <Button onClick={done}>Cancel</Button>
      </div>
    </form>
  );
}

/** What is sent: without what may stay empty and is. */
function given(settings: Psa["settings"], fields: PsaField[]): Psa["settings"] {
  const empty = fields.filter((field) => field.optional && settings[field.name] === "").map((field) => field.name);
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !empty.includes(name)));
}

/** What differs of what is stored now and what was typed. */
function besideOf(theirs: Psa, mine: Pick<Psa, "name" | "settings">, fields: PsaField[]): Beside[] {
  const all = [
    { name: "Name", theirs: theirs.name, mine: mine.name },
    ...fields.map((field) => ({
      name: field.label,
      theirs: String(theirs.settings[field.name] ?? ""),
      mine: String(mine.settings[field.name] ?? ""),
    })),
  ];
  return all.filter((row) => row.theirs !== row.mine);
}

function useRead(psaConnection: string): () => Promise<Versioned<Psa>> {
  const api = useApi();
  const { id: account } = useAccount();
  return () =>
    versioned(
      api.GET("/api/accounts/{account}/psa-connections/{psaConnection}", { params: { path: { account, psaConnection } } }),
    );
}

/** Makes a connection, or changes the one that was seen. */
function useWrite(seen: Versioned<Psa> | undefined) {
  const api = useApi();
  const { id: account } = useAccount();
  return async (body: Schemas["PsaGiven"]): Promise<unknown> => {
    if (!seen) return answer(api.POST("/api/accounts/{account}/psa-connections", { params: { path: { account } }, body }));
    const path = { account, psaConnection: seen.value.id };
    return answer(
      api.PUT("/api/accounts/{account}/psa-connections/{psaConnection}", {
        params: { path, header: { "If-Match": seen.etag } },
        body,
      }),
    );
  };
}
