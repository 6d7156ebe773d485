import { Label, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useId, type ReactElement, type ReactNode } from "react";

const useStyles = makeStyles({
  choices: { display: "flex", flexDirection: "column" },
  wrong: { color: tokens.colorPaletteRedForeground1 },
  hint: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  label: string;
  hint?: string | undefined;
  /** Why the choice was refused. */
  wrong?: string | undefined;
  children: ReactNode;
}

/** Several checkboxes under one label. A Field is for one control: it gives all of them one id, and each label ticks the first. */
export function Choices({ label, hint, wrong, children }: Props): ReactElement {
  const styles = useStyles();
  const id = useId();
  return (
    <div role="group" aria-labelledby={id} className={styles.choices}>
      <Label id={id}>{label}</Label>
      {children}
      {wrong && (
        <Text size={200} role="alert" className={styles.wrong}>
          {wrong}
        </Text>
      )}
      {hint && (
        <Text size={200} className={styles.hint}>
          {hint}
        </Text>
      )}
    </div>
  );
}
