import { Button, Field, Input, ProgressBar, Text } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer } from "../../../api/client";
import { useAccount, useApi } from "../../../app/context";
import { count } from "../../../parts/format";
import { useRun } from "../../../parts/useRun";
import { Act, Actions, Refusal } from "../../exceptions/Actions";
import { useRemedied } from "../../exceptions/useRemedied";
import type { Change } from "./newestChange";
import { useNewestEntry } from "./useNewestEntry";

/** Takes a line's newest change back after one question, and tells when the PSA says the number of before again. */
export function UndoChange({ change, close }: { change: Change; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied();
  const [reason, setReason] = useState("");
  const undo = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/accounts/{account}/tenants/{tenant}/mappings/{mapping}/undo", {
          params: { path: { account, tenant: change.tenantId, mapping: change.mappingId } },
          body: { change: change.change, reason },
        }),
      ),
    onSuccess: () => remedied(`Undone: ${count(change.after)} to ${count(change.before)}.`),
  });
  if (undo.data) return <Written change={change} run={undo.data.run} close={close} />;
  return (
    <>
      <Text block>
        The line would say {count(change.before)} again instead of {count(change.after)}; later seat changes move it from
        there.
      </Text>
      <Field label="Why (may be left out)">
        <Input value={reason} maxLength={300} onChange={(_, { value }) => setReason(value)} />
      </Field>
      <Actions>
        <Act does={undo} given={undefined} primary>
          Undo: {count(change.after)} to {count(change.before)}
        </Act>
        <Button onClick={close}>Leave it</Button>
      </Actions>
      <Refusal of={undo} />
    </>
  );
}

/** What became of it in the PSA, as the ledger proves. */
function Written({ change, run: id, close }: { change: Change; run: string; close: () => void }): ReactElement {
  const run = useRun(id);
  const closed = run.data?.state === "closed";
  const newest = useNewestEntry(change, id, closed);
  const error = run.error ?? newest.error;
  const waits = id !== "" && newest.data === undefined && !error;
  return (
    <>
      {waits && <ProgressBar aria-label="Writing" />}
      <Text role="status" block>
        {waits && `Writing ${count(change.before)} …`}
        {id === "" && `It is decided. ${count(change.before)} is written once the account is live.`}
        {newest.data !== undefined && outcome(newest.data, change.before)}
      </Text>
      <Refusal of={{ error }} />
      <Actions>
        <Button onClick={close}>Close</Button>
      </Actions>
    </>
  );
}

function outcome(newest: ReturnType<typeof useNewestEntry>["data"], wanted: number): string {
  const proven = newest?.event === "confirmed" && newest.after === wanted;
  if (proven) return `Written: the line says ${count(wanted)}.`;
  return "It is decided, and not proven to be written yet: the plan and the ledger say why.";
}
