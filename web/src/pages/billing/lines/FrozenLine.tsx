import { Button, Field, Input, MessageBar, MessageBarActions, MessageBarBody } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import type { Schemas } from "../../../api/client";
import { useMay } from "../../../app/context";
import { addressOf, useFormat } from "../../../parts/format";
import { Act, Actions, Refusal } from "../../exceptions/Actions";
import { useFreezing, type MappedLine } from "./useFreezing";

/** Since when a line is frozen, by whom and why; an admin takes it back. */
export function FrozenLine({ line, close }: { line: Schemas["DriftedLine"]; close?: () => void }): ReactElement {
  const mayDecide = useMay("admin");
  const format = useFormat();
  const { unfreeze } = useFreezing(line, close);
  return (
    <>
      <MessageBar intent="info" layout="multiline">
        <MessageBarBody>
          The line is frozen since {line.frozenAt ? format.time(line.frozenAt) : "some time"} by {addressOf(line.frozenBy)}: Seatwise
          leaves it alone.{line.reason && ` Reason: ${line.reason}`}
        </MessageBarBody>
        {mayDecide && (
          <MessageBarActions>
            <Act does={unfreeze} given={undefined}>Unfreeze</Act>
          </MessageBarActions>
        )}
      </MessageBar>
      <Refusal of={unfreeze} />
    </>
  );
}

/** Asks why, then leaves the line alone. */
export function FreezeLine({ line }: { line: MappedLine }): ReactElement {
  const [asks, setAsks] = useState(false);
  const [reason, setReason] = useState("");
  const { freeze } = useFreezing(line);
  if (!asks) {
    return (
      <Actions>
        <Button onClick={() => setAsks(true)}>Freeze the line …</Button>
      </Actions>
    );
  }
  return (
    <>
      <Field
        label="Why it is frozen"
        hint="Seatwise leaves the line alone, whatever its licences and the PSA say, until somebody unfreezes it."
      >
        <Input value={reason} maxLength={300} onChange={(_, { value }) => setReason(value)} />
      </Field>
      <Actions>
        <Act does={freeze} given={reason} primary>
          Freeze the line
        </Act>
        <Button onClick={() => setAsks(false)}>Leave it</Button>
      </Actions>
      <Refusal of={freeze} />
    </>
  );
}
