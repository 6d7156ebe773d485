import { Button, Field, Input, makeStyles } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { useLocation } from "wouter";
import { answer, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useApi } from "../../app/context";
import { Page } from "../../parts/Page";
import { Failed } from "../../parts/States";
import { ZonePicker } from "../../parts/ZonePicker";

const FIELDS = ["name", "timezone", "notificationAddress"];
const useStyles = makeStyles({ form: { display: "grid", gap: "16px", maxWidth: "420px" } });

/** The first person of an MSP opens its account, and is its owner from then on. */
export default function OpenAccount({ me }: { me: Schemas["Me"] }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [name, setName] = useState("");
  const [timezone, setTimezone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [notificationAddress, setAddress] = useState(me.email);
  const open = useMutation({
    mutationFn: () => answer(api.POST("/api/accounts", { body: { name, timezone, notificationAddress } })),
    onSuccess: async ({ id }) => {
      await queries.refetchQueries({ queryKey: ["me"] });
      go(`/accounts/${id}/guide`, { replace: true });
    },
  });
  const wrong = (field: string) =>
    fieldOf(open.error) === field
      ? { validationState: "error" as const, validationMessage: sentenceOf(open.error) }
      : {};
  return (
    <main>
      <Page
        title="Open your account"
        about="Your organisation has none yet. It begins in preview: nothing is written to your PSA before you switch it live."
      >
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            open.mutate();
          }}
        >
          <Field label="Name of your MSP" {...wrong("name")}>
            <Input value={name} onChange={(_, { value }) => setName(value)} />
          </Field>
          <ZonePicker value={timezone} set={setTimezone} {...wrong("timezone")} />
          <Field label="Notification address" hint="Who is mailed what must be fixed." {...wrong("notificationAddress")}>
            <Input type="email" value={notificationAddress} onChange={(_, { value }) => setAddress(value)} />
          </Field>
          {open.error && !FIELDS.includes(fieldOf(open.error)) && <Failed error={open.error} />}
          <div>
            <Button type="submit" appearance="primary" disabled={!name || open.isPending}>
              Open the account
            </Button>
          </div>
        </form>
      </Page>
    </main>
  );
}
