import { Card, Text, makeStyles } from "@fluentui/react-components";
import type { ReactElement, ReactNode } from "react";
import { Page } from "../../parts/Page";
import { AlertSettingsForm } from "./AlertSettingsForm";
import { Exclusions } from "./Exclusions";
import { PreferencesForm } from "./PreferencesForm";

const useStyles = makeStyles({
  cards: { display: "grid", gap: "16px", maxWidth: "860px" },
  card: { gap: "16px", padding: "20px" },
  title: { margin: 0 },
});

/** Everything that an account sets, on one page. */
export default function SettingsPage(): ReactElement {
  const styles = useStyles();
  return (
    <Page title="Settings" about="Who is told what and when, what is left out, and how everything is shown.">
      <div className={styles.cards}>
        <AlertSettingsForm />
        <Section title="Exclusions">
          <Exclusions />
        </Section>
        <Section title="Preferences">
          <PreferencesForm />
        </Section>
      </div>
    </Page>
  );
}

export function Section({ title, children }: { title: string; children: ReactNode }): ReactElement {
  const styles = useStyles();
  return (
    <Card className={styles.card} role="region" aria-label={title}>
      <Text as="h2" size={500} weight="semibold" className={styles.title}>
        {title}
      </Text>
      {children}
    </Card>
  );
}
