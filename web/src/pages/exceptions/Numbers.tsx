import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { count } from "../../parts/format";

const useStyles = makeStyles({
  numbers: { display: "grid", gridAutoFlow: "column", gridAutoColumns: "1fr", margin: 0, textAlign: "center",
    border: `1px solid ${tokens.colorNeutralStroke2}`, borderRadius: tokens.borderRadiusMedium, overflow: "hidden",
    "& > div": { padding: "10px 8px", borderLeft: `1px solid ${tokens.colorNeutralStroke2}` },
    "& > div:first-child": { borderLeft: "none" },
    "& dt": { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
    "& dd": { margin: 0, fontSize: tokens.fontSizeBase500, fontWeight: tokens.fontWeightSemibold,
      fontVariantNumeric: "tabular-nums" } },
});

/** Numbers of a line side by side; null is not known. */
export function Numbers({ of }: { of: [string, number | null][] }): ReactElement {
  const styles = useStyles();
  return (
    <dl className={styles.numbers}>
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === null ? "?" : count(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
