import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, makeStyles } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { Edited } from "./edited";
import { Failed } from "./States";

const useStyles = makeStyles({
  bar: { display: "flex", gap: "8px", alignItems: "center", flexWrap: "wrap" },
  list: { margin: "4px 0 0", paddingLeft: "20px" },
});

interface Props<T> {
  edited: Edited<T>;
  /** What its fields are called, for what somebody else changed meanwhile. */
  names: Partial<Record<keyof T, string>>;
  shown?: (value: unknown) => string;
}

/** Save and discard, why a save was refused, and what somebody else stored meanwhile. */
export function SaveBar<T extends object>({ edited, names, shown = plain }: Props<T>): ReactElement {
  const styles = useStyles();
  const { saving, changed, conflict, discard } = edited;
  return (
    <>
      {conflict ? (
        <MessageBar intent="warning" layout="multiline" role="alert">
          <MessageBarBody>
            <MessageBarTitle>Somebody else saved this meanwhile.</MessageBarTitle>
            <ul className={styles.list}>
              {(Object.keys(conflict.mine) as (keyof T)[]).map((field) => (
                <li key={String(field)}>
                  {names[field] ?? String(field)}: stored now “{shown(conflict.theirs[field])}”, yours “
                  {shown(conflict.mine[field])}”
                </li>
              ))}
            </ul>
          </MessageBarBody>
          <MessageBarActions>
            <Button onClick={() => saving.mutate()}>Save mine</Button>
            <Button onClick={discard}>Keep theirs</Button>
          </MessageBarActions>
        </MessageBar>
      ) : (
        saving.error && <Failed error={saving.error} />
      )}
      <div className={styles.bar}>
        <Button appearance="primary" disabled={!changed || saving.isPending} onClick={() => saving.mutate()}>
          {saving.isPending ? "Saving …" : "Save"}
        </Button>
        {changed && (
          <Button disabled={saving.isPending} onClick={discard}>
            Discard changes
          </Button>
        )}
      </div>
    </>
  );
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
