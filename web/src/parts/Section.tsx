import { Text, makeStyles, tokens, useId } from "@fluentui/react-components";
import type { ReactElement, ReactNode } from "react";
import { Panel } from "./Panel";

const useStyles = makeStyles({
  card: { gap: "16px", padding: "20px",
    // As narrow as their column is, instead of over the next one.
    "& .fui-Field .fui-Dropdown, & .fui-Field .fui-Combobox": { minWidth: "0" },
    // Beside a box whose words take two lines, those of one line stay beside theirs.
    "& .fui-Checkbox__label": { alignSelf: "start" } },
  title: { margin: 0 },
  about: { display: "block", marginTop: "4px", color: tokens.colorNeutralForeground2, maxWidth: "75ch", textWrap: "pretty" },
});

/** A part of a page with a heading of its own. */
export function Section({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }): ReactElement {
  const styles = useStyles();
  const heading = useId("section");
  return (
    <Panel className={styles.card} titled={heading}>
      <div>
        <Text id={heading} as="h2" size={500} weight="semibold" block className={styles.title}>
          {title}
        </Text>
        {about && <Text className={styles.about}>{about}</Text>}
      </div>
      {children}
    </Panel>
  );
}
