import { Badge, Text, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { MAIL_STATES } from "../../parts/mails";
import { Panel } from "../../parts/Panel";

type Mail = Schemas["ShownMailState"];
const useStyles = makeStyles({
  title: { margin: 0 },
  list: { listStyleType: "none", margin: 0, padding: 0 },
  mail: { display: "flex", justifyContent: "space-between", gap: "8px", padding: "8px 0", overflowWrap: "anywhere",
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`, ":first-child": { borderTop: "none" } },
  soft: { color: tokens.colorNeutralForeground2 },
});

export function SentMails({ mails }: { mails: Mail[] }): ReactElement {
  const styles = useStyles();
  return (
    <Panel>
      <Text as="h2" size={400} weight="semibold" className={styles.title}>
        Mails since last night
      </Text>
      {mails.length ? (
        <ul className={styles.list}>
          {mails.map((mail, index) => (
            <li key={index} className={styles.mail}>
              <span>{mail.recipient}</span>
              <Badge appearance="tint" color={MAIL_STATES[mail.state][1]}>
                {MAIL_STATES[mail.state][0]}
              </Badge>
            </li>
          ))}
        </ul>
      ) : (
        <Text className={styles.soft}>None: nothing was new, changed or urgent.</Text>
      )}
    </Panel>
  );
}
