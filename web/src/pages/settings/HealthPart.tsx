import { Badge, Button, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { words } from "../../parts/format";
import { Section } from "../../parts/Section";
import { Answer } from "../../parts/States";

type Finding = Schemas["ShownFinding"];

const useStyles = makeStyles({
  findings: { margin: 0, padding: 0, listStyleType: "none" },
  finding: {
    display: "grid",
    gridTemplateColumns: "88px 1fr",
    gap: "4px 12px",
    padding: "8px 0",
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  cure: { color: tokens.colorNeutralForeground2 },
});

/** The doctor: whether installation and account are well, what is not first. It signs in everywhere, so only when asked. */
export function HealthPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const health = useQuery({
    queryKey: ["health", account],
    queryFn: () => answer(api.GET("/api/accounts/{account}/health", { params: { path: { account } } })),
    enabled: false,
    retry: false,
  });
  return (
    <Section
      title="Is all well?"
      about="Looks at settings, storage, clock, vault, mail and queues, signs in to each partner and PSA, and tells the cure of what is not well."
    >
      <div>
        <Button disabledFocusable={health.isFetching} onClick={() => void health.refetch()}>
          {health.isFetching ? "Looking …" : "Look now"}
        </Button>
      </div>
      {(health.isFetching || health.isFetched) && (
        <Answer query={health} rows={8}>
          {({ installation, account: mine }) => <Findings of={[...installation, ...mine]} />}
        </Answer>
      )}
    </Section>
  );
}

function Findings({ of }: { of: Finding[] }): ReactElement {
  const styles = useStyles();
  const sorted = [...of].sort((one, other) => Number(one.well) - Number(other.well));
  return (
    <ul className={styles.findings} aria-label="What was looked at">
      {sorted.map((finding) => (
        <li key={`${finding.check} ${finding.sentence}`} className={styles.finding}>
          <span>
            <Badge appearance="tint" color={finding.well ? "success" : "danger"}>
              {finding.well ? "Well" : "Not well"}
            </Badge>
          </span>
          <span>
            <strong>{words(finding.check)}</strong>: {finding.sentence}{" "}
            {finding.cure && <span className={styles.cure}>{finding.cure}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
