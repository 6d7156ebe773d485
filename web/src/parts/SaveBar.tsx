import { Button, makeStyles } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Conflict } from "./Conflict";
import type { Edited } from "./edited";
import { Failed } from "./States";

const useStyles = makeStyles({
  bar: { display: "flex", gap: "8px", alignItems: "center", flexWrap: "wrap" },
});

interface Props<T> {
  edited: Edited<T>;
  /** What its fields are called, for what somebody else changed meanwhile. */
  names: Partial<Record<keyof T, string>>;
  /** How a value is told, where that is not plain. */
  shown?: (value: unknown, field: keyof T) => string | undefined;
  /** False while what would be saved is not known, as until its preview is there. */
  ready?: boolean;
}

/** Save and discard, why a save was refused, and what somebody else stored meanwhile. */
export function SaveBar<T extends object>({ edited, names, shown = () => undefined, ready = true }: Props<T>): ReactElement {
  const styles = useStyles();
  const { saving, changed, conflict, discard } = edited;
  return (
    <>
      {conflict ? (
        <Conflict
          rows={(Object.keys(conflict.mine) as (keyof T)[]).map((field) => ({
            name: names[field] ?? String(field),
            theirs: shown(conflict.theirs[field], field) ?? plain(conflict.theirs[field]),
            mine: shown(conflict.mine[field], field) ?? plain(conflict.mine[field]),
          }))}
        >
          <Button disabled={!ready} onClick={() => saving.mutate()}>
            Save mine
          </Button>
          <Button onClick={discard}>Keep theirs</Button>
        </Conflict>
      ) : (
        saving.error && <Failed error={saving.error} />
      )}
      <div className={styles.bar}>
        <Button appearance="primary" disabled={!changed || !ready || saving.isPending} onClick={() => saving.mutate()}>
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
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length)) return "nothing";
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
