import { Button, MessageBar, MessageBarActions, MessageBarBody, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Failed } from "./States";
import type { Edit } from "./useEdit";

const useStyles = makeStyles({
  bar: { display: "flex", gap: "8px" },
  table: { borderCollapse: "collapse", width: "100%",
    "& td, & th": { textAlign: "left", padding: "6px 12px 6px 0", overflowWrap: "anywhere",
      borderTop: `1px solid ${tokens.colorNeutralStroke3}` } },
});

interface Props<T extends object> {
  edit: Edit<T>;
  /** How fields are called where two versions stand side by side. */
  names: Partial<Record<keyof T, string>>;
  text: (value: unknown) => string;
}

/** Save, why it was refused, and a conflict side by side. */
export function SaveBar<T extends object>({ edit, names, text }: Props<T>): ReactElement {
  const styles = useStyles();
  return (
    <>
      {edit.error && <Failed error={edit.error} />}
      {edit.theirs && edit.draft && (
        <MessageBar intent="warning" layout="multiline" role="alert">
          <MessageBarBody>
            Somebody else saved this meanwhile. Nothing of yours is lost:
            <table className={styles.table}>
              <thead>
                <tr>
                  <th>Setting</th>
                  <th>Yours</th>
                  <th>Theirs</th>
                </tr>
              </thead>
              <tbody>
                {differing(edit.draft, edit.theirs).map((field) => (
                  <tr key={String(field)}>
                    <th scope="row">{names[field] ?? String(field)}</th>
                    <td>{text(edit.draft?.[field])}</td>
                    <td>{text(edit.theirs?.[field])}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </MessageBarBody>
          <MessageBarActions>
            <Button onClick={() => void edit.keepMine()}>Keep mine, on top of theirs</Button>
            <Button onClick={() => void edit.takeTheirs()}>Take theirs</Button>
          </MessageBarActions>
        </MessageBar>
      )}
      <div className={styles.bar}>
        <Button
          appearance="primary"
          disabled={!edit.changed.length || edit.saving || edit.theirs !== null}
          onClick={edit.save}
        >
          Save
        </Button>
        {edit.changed.length > 0 && <Button onClick={() => void edit.takeTheirs()}>Discard</Button>}
      </div>
    </>
  );
}

/** The fields in which two versions differ. */
export function differing<T extends object>(mine: T, theirs: T): (keyof T)[] {
  return (Object.keys(mine) as (keyof T)[]).filter(
    (field) => JSON.stringify(mine[field]) !== JSON.stringify(theirs[field]),
  );
}
