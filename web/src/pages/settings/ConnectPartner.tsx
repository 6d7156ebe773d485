import { Button, Field, Input, Radio, RadioGroup, Text, makeStyles } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount } from "../../app/context";
import { useConsent } from "../../parts/consent";
import { Failed } from "../../parts/States";

const useStyles = makeStyles({
  form: { display: "grid", gap: "12px", maxWidth: "460px" },
});

/** A new partner connection: by the installation's app registration where there is one, else by one of their own. */
export function ConnectPartner(): ReactElement {
  const styles = useStyles();
  const { me } = useAccount();
  const [own, setOwn] = useState(!me.hasPartnerApp);
  const [name, setName] = useState("");
  const [clientId, setClientId] = useState("");
  const [clientSecret, setClientSecret] = useState("");
  const consent = useConsent();
  const marked = fieldOf(consent.error);
  const markedHere = marked === "name" || (own && (marked === "clientId" || marked === "clientSecret"));
  const wrong = (field: string) =>
    marked === field ? { validationState: "error" as const, validationMessage: sentenceOf(consent.error) } : {};
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        consent.mutate(own ? { name, clientId, clientSecret, connection: "" } : { name, clientId: "", connection: "" });
      }}
    >
      <Text as="h3" weight="semibold">
        Connect a partner tenant
      </Text>
      <Field label="Name" hint="What you call it here" {...wrong("name")}>
        <Input value={name} onChange={(_, { value }) => setName(value)} />
      </Field>
      {me.hasPartnerApp && (
        <Field label="App registration" hint="Microsoft shows what it asks for before you consent.">
          <RadioGroup value={own ? "own" : "ours"} onChange={(_, { value }) => setOwn(value === "own")}>
            <Radio value="ours" label="The one of this installation: nothing to prepare" />
            <Radio value="own" label="One of your own, made in your partner tenant" />
          </RadioGroup>
        </Field>
      )}
      {own && (
        <>
          <Field label="Client id of your app registration" {...wrong("clientId")}>
            <Input value={clientId} onChange={(_, { value }) => setClientId(value)} />
          </Field>
          <Field label="Client secret" hint="Kept encrypted, and never shown again" {...wrong("clientSecret")}>
            <Input type="password" autoComplete="off" value={clientSecret} onChange={(_, { value }) => setClientSecret(value)} />
          </Field>
        </>
      )}
      {consent.error && !markedHere && <Failed error={consent.error} />}
      <div>
        <Button type="submit" appearance="primary" disabled={!name || (own && !clientId) || consent.isPending}>
          Consent at Microsoft
        </Button>
      </div>
    </form>
  );
}
