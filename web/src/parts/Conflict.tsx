import { MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, makeStyles } from "@fluentui/react-components";
import type { ReactElement, ReactNode } from "react";

const useStyles = makeStyles({ list: { margin: "4px 0 0", paddingLeft: "20px" } });

/** What one field is stored as now, and what it was changed to here. */
export interface Beside {
  name: string;
  theirs: string;
  mine: string;
}

interface Props {
  title?: string;
  rows: Beside[];
  /** The two buttons a person chooses by. */
  children: ReactNode;
}

/** What somebody else stored meanwhile beside what was typed here: a person chooses, nothing is lost. */
export function Conflict({ title = "Somebody else saved this meanwhile.", rows, children }: Props): ReactElement {
  const styles = useStyles();
  return (
    <MessageBar intent="warning" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>{title}</MessageBarTitle>
        <ul className={styles.list}>
          {rows.map(({ name, theirs, mine }) => (
            <li key={name}>
              {name}: stored now “{theirs}”, yours “{mine}”
            </li>
          ))}
        </ul>
      </MessageBarBody>
      <MessageBarActions>{children}</MessageBarActions>
    </MessageBar>
  );
}
