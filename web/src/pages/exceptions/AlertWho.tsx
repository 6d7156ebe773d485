import { Text, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { Schemas } from "../../api/client";

const useStyles = makeStyles({ type: { color: tokens.colorNeutralForeground2, display: "block" } });

/** Whom an exception is about, and its type under that. */
export function AlertWho({ alert }: { alert: Schemas["ShownAlert"] }): ReactElement {
  const styles = useStyles();
  return (
    <>
      <Text weight="semibold">{alert.who}</Text>
      <span className={styles.type}>{alert.title}</span>
    </>
  );
}
