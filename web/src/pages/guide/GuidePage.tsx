import { Badge, Button, MessageBar, MessageBarBody, Text, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CheckmarkCircleFilled, CircleRegular, WarningFilled } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { useLocation } from "wouter";
import { answer, type Schemas } from "../../api/client";
import { may, useAccount, useApi } from "../../app/context";
import { PAGES } from "../../app/pages";
import { capital } from "../../parts/format";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { Answer } from "../../parts/States";
import { GoLive } from "./GoLive";
import { STEPS, stateOf } from "./steps";

type Step = Schemas["ShownStep"];

const useStyles = makeStyles({
  told: { maxWidth: "860px", width: "100%" },
  list: { display: "grid", gap: "12px", margin: 0, padding: 0, listStyleType: "none", maxWidth: "860px" },
  step: { display: "grid", gridTemplateColumns: "28px minmax(0, 1fr) auto", columnGap: "12px", alignItems: "start",
    "@media (max-width: 640px)": { gridTemplateColumns: "28px minmax(0, 1fr)" } },
  icon: { fontSize: "24px", lineHeight: 0, color: tokens.colorNeutralForeground3 },
  done: { color: tokens.colorPaletteGreenForeground1 },
  missing: { color: tokens.colorPaletteDarkOrangeForeground1 },
  why: { color: tokens.colorNeutralForeground2, display: "block" },
  title: { margin: "0 8px 0 0" },
  state: { height: "auto", minHeight: "20px", padding: "2px 8px", lineHeight: "1.3", borderRadius: "10px", "::after": { borderRadius: "10px" } },
  act: { "@media (max-width: 640px)": { gridColumn: 2, justifySelf: "start", marginTop: "8px" } },
});

/** Steps whose page is not here are taken by the API. */
const PATHS = new Set(
  Object.values(STEPS)
    .map(({ path }) => path)
    .filter((path) => PAGES.some((page) => path.split(/[/?]/)[1] === page.path)),
);

/** From an empty account to the first push: every step, why it is needed, and what is still missing. */
export default function GuidePage(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const styles = useStyles();
  const guide = useQuery({
    queryKey: [account, "guide"],
    queryFn: () => answer(api.GET("/api/accounts/{account}/setup-guide", { params: { path: { account } } })),
  });
  return (
    <Page
      title="Guide"
      about="What Seatwise needs before it can keep licences and agreements in step. Take the steps in any order, and come back when you like."
    >
      <Answer query={guide} rows={8}>
        {({ steps, finished }) => (
          <>
            {finished && (
              <MessageBar intent="success" className={styles.told}>
                <MessageBarBody>The account is live: every night it pushes what changed.</MessageBarBody>
              </MessageBar>
            )}
            <ol className={styles.list}>
              {steps.map((step) => (
                <li key={step.step}>
                  <StepCard step={step} />
                </li>
              ))}
            </ol>
          </>
        )}
      </Answer>
    </Page>
  );
}

function StepCard({ step }: { step: Step }): ReactElement {
  const styles = useStyles();
  const { role } = useAccount();
  const [, go] = useLocation();
  const words = STEPS[step.step];
  const waits = step.waitsFor.length > 0;
  const allowed = may(role, words.least);
  const verb = step.done ? "Look" : step.there ? "Go on" : "Begin";
  return (
    <Panel>
      <div className={styles.step}>
        <StepIcon step={step} />
        <div>
          <Text as="h2" size={400} weight="semibold" className={styles.title}>
            {words.title}
          </Text>
          <Badge className={styles.state} appearance="tint" color={step.done ? "success" : step.missing && step.there ? "warning" : "informative"}>
            {capital(stateOf(step))}
          </Badge>
          <Text className={styles.why}>{words.why}</Text>
          {waits && (
            <Text className={styles.why}>
              First: {step.waitsFor.map((needed) => STEPS[needed].title.toLowerCase()).join(", ")}.
            </Text>
          )}
          {!allowed && !step.done && <Text className={styles.why}>This needs an {words.least} of the account.</Text>}
          {step.step === "go_live" && !step.done && !waits && allowed && <GoLive />}
        </div>
        {allowed && !waits && step.step !== "go_live" && PATHS.has(words.path) && (
          <Button
            className={styles.act}
            appearance={step.done ? "secondary" : "primary"}
            onClick={() => go(words.path)}
            aria-label={`${verb}: ${words.title}`}
          >
            {verb}
          </Button>
        )}
      </div>
    </Panel>
  );
}

function StepIcon({ step }: { step: Step }): ReactElement {
  const styles = useStyles();
  if (step.done) return <CheckmarkCircleFilled className={mergeClasses(styles.icon, styles.done)} aria-hidden />;
  if (step.there && step.missing) return <WarningFilled className={mergeClasses(styles.icon, styles.missing)} aria-hidden />;
  return <CircleRegular className={styles.icon} aria-hidden />;
}
