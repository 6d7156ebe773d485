import { Dialog, DialogBody, DialogContent, DialogSurface, DialogTitle, makeStyles } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { lineWords, useAgreementName } from "../../../parts/agreements";
import { useFocusBack } from "../../../parts/focusBack";
import type { Change } from "./newestChange";
import { UndoChange } from "./UndoChange";

const useStyles = makeStyles({ content: { display: "flex", flexDirection: "column", gap: "12px" } });

/** Undo of a change that was found in the ledger. */
export function UndoDialog({ change, close }: { change: Change; close: () => void }): ReactElement {
  const styles = useStyles();
  const agreement = useAgreementName();
  useFocusBack();
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>
            Undo the change of {lineWords({ ...change, agreement: agreement(change) })}?
          </DialogTitle>
          <DialogContent className={styles.content}>
            <UndoChange change={change} close={close} />
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
