import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
} from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi } from "../../app/context";
import { useFocusBack } from "../../parts/focusBack";
import { Section } from "../../parts/Section";
import { Failed } from "../../parts/States";

type Begun = Schemas["DeletionBegun"];

/** Deletes the account for good, in two steps: its name must be typed within ten minutes. */
export function DeleteAccount(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const begin = useMutation({
    mutationFn: () => answer(api.POST("/api/accounts/{account}/deletion", { params: { path: { account } } })),
  });
  return (
    <Section
      title="Delete the account"
      about="Settings, history, ledger, secrets and mails are deleted for good within half an hour. Your PSA stays as it is. Export first."
    >
      {begin.error && <Failed error={begin.error} />}
      <div>
        <Button disabledFocusable={begin.isPending} onClick={() => begin.mutate()}>
          Delete …
        </Button>
      </div>
      {begin.data && <Confirm begun={begin.data} close={begin.reset} />}
    </Section>
  );
}

function Confirm({ begun, close }: { begun: Begun; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const [name, setName] = useState("");
  useFocusBack();
  const confirm = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/accounts/{account}/deletion/confirmed", {
          params: { path: { account } },
          body: { name, confirmation: begun.confirmation },
        }),
      ),
    // Nothing of the account can be read any more.
    onSuccess: () => location.assign("/"),
  });
  const mark = fieldOf(confirm.error) === "name" ? { validationMessage: sentenceOf(confirm.error) } : {};
  return (
    <Dialog open modalType="alert" onOpenChange={(_, { open }) => open || close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Delete {begun.name} for good?</DialogTitle>
          <DialogContent>
            <p>It cannot be brought back. Type the name of the account to delete it.</p>
            <Field label="Name of the account" {...mark}>
              <Input value={name} autoComplete="off" onChange={(_, { value }) => setName(value)} />
            </Field>
            {confirm.error && fieldOf(confirm.error) !== "name" && <Failed error={confirm.error} />}
          </DialogContent>
          <DialogActions>
            <Button disabled={name.trim() !== begun.name || confirm.isPending} onClick={() => confirm.mutate()}>
              Delete everything
            </Button>
            <Button appearance="primary" onClick={close}>
              Keep it
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
