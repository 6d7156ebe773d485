import { Field, Input } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useApi } from "../../app/context";
import { useConsent } from "../../parts/consent";
import { Answer } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";

/** A partner connection that is refused as a whole: consent again, at Microsoft, with a new secret where it expired. */
export function SignInAtMicrosoft({ alert }: { alert: Alert }): ReactElement {
  const api = useApi();
  const [clientSecret, setClientSecret] = useState("");
  const consent = useConsent();
  const { query } = useList(["partner-connections"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/partner-connections", { params: { path: { account }, query: asked }, ...as }),
  );
  const wrong = fieldOf(consent.error) === "clientSecret" ? sentenceOf(consent.error) : undefined;
  return (
    <Answer query={query} rows={2}>
      {(connections) => (
        <>
          <Field label="New client secret" hint="Only if the old one has expired" validationMessage={wrong}>
            <Input
              type="password"
              autoComplete="off"
              value={clientSecret}
              onChange={(_, { value }) => setClientSecret(value)}
            />
          </Field>
          <Actions>
            <Act
              does={consent}
              given={{ clientSecret, connection: connections.find(({ name }) => name === alert.who)?.id ?? "" }}
              primary
            >
              Sign in again at Microsoft
            </Act>
          </Actions>
          {!wrong && <Refusal of={consent} />}
        </>
      )}
    </Answer>
  );
}
