import { Badge, Dropdown, Option, Text, makeStyles, tokens } from "@fluentui/react-components";
import { CheckmarkCircleRegular } from "@fluentui/react-icons";
import { useMemo, useState, type ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { lineWords, useWithAgreements } from "../../parts/agreements";
import { CustomerLink, PageLink } from "../../parts/CustomerLink";
import { capital, count, day } from "../../parts/format";
import { toldOf } from "../../parts/InvoiceText";
import { Section } from "../../parts/Section";
import { Answer, Empty } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { isPart, useList } from "../../parts/useList";
import { Act, Refusal } from "../exceptions/Actions";
import { exceptionOf } from "./alertOf";
import { useFreezing } from "./lines/useFreezing";

type Line = Schemas["PlannedLine"];
type NamedLine = Line & { agreement: string };
const EFFECTS: Record<Line["effect"], string> = {
  in_step: "In step",
  written: "Is written",
  created: "Is created",
  scheduled: "Is written on a later day",
  held: "Waits for a person",
  drift: "Changed by hand",
  frozen: "Frozen",
  blocked: "Cannot be written",
  unknown: "Not known",
  not_billed: "Not billed",
  text: "Its text is written",
};
const BAD = new Set<Line["effect"]>(["drift", "blocked", "unknown"]);
const REASONS: Record<Line["reasons"][number], string> = {
  to_zero: "it goes to 0",
  tenant_loss: "the customer loses many seats",
  account_loss: "the account loses many seats",
  suspicious: "what was read is hard to believe",
  proration: "the agreement prorates",
  sold_by_others: "somebody else sold some of the seats",
};

/** What a person is asked for, among the exceptions. */
const ASKED: Partial<Record<Line["effect"], { reason: "held" | "drift"; words: string }>> = {
  held: { reason: "held", words: "Approve or reject it." },
  drift: { reason: "drift", words: "Choose which number is right." },
};

const DECIDED: Record<NonNullable<Line["decided"]>, string> = {
  approved: "It is approved: the next push writes it.",
  rejected: "It is rejected: the line stays as it is.",
};

const useStyles = makeStyles({ soft: { color: tokens.colorNeutralForeground2, display: "block", textWrap: "pretty" } });

/** With a capital letter and a full stop; "" stays so. */
function sentence(told: string): string {
  return told && `${capital(told)}.`;
}

/** Every line that is not in step, and what the next push does with it. */
export function PlanPart(): ReactElement {
  const api = useApi();
  const { id: account, mode } = useAccount();
  const mayDecide = useMay("admin");
  const [effect, setEffect] = useState("");
  const { query, csv } = useList<Line>(["plan-lines"], (asked, as) =>
    api.GET("/api/accounts/{account}/plan/lines", { params: { path: { account }, query: asked }, ...as }),
  );
  const { query: open } = useList<Schemas["ShownAlert"]>(["alerts"], (asked, as) =>
    api.GET("/api/accounts/{account}/alerts", { params: { path: { account }, query: asked }, ...as }),
  );
  const alerts = open.data;
  const named = useWithAgreements(query.data);
  const styles = useStyles();
  const columns = useMemo<Column<NamedLine>[]>(
    () => [
      {
        key: "company",
        title: "Customer",
        width: "minmax(160px, 2fr)",
        value: (line) => line.company,
        cell: (line) => <CustomerLink tenant={line.tenantId} name={line.company} />,
      },
      {
        key: "line",
        title: "Line",
        width: "minmax(180px, 3fr)",
        value: (line) => line.profileName,
        cell: (line) => (
          <>
            {line.profileName && <Text block>{line.profileName}</Text>}
            <span className={styles.soft}>{capital(lineWords(line))}</span>
          </>
        ),
      },
      {
        key: "before",
        title: "Before",
        width: "80px",
        number: true,
        value: (line) => line.before ?? -1,
        cell: (line) => (line.before === null ? "–" : count(line.before)),
      },
      {
        key: "after",
        title: "After",
        width: "80px",
        number: true,
        value: (line) => line.after ?? -1,
        cell: (line) => (line.after === null ? "–" : count(line.after)),
      },
      {
        key: "effect",
        title: "What happens",
        width: "minmax(220px, 3fr)",
        value: (line) => line.effect,
        cell: (line) => (
          <>
            <Badge appearance="tint" color={BAD.has(line.effect) ? "danger" : line.effect === "held" ? "warning" : "informative"}>
              {EFFECTS[line.effect]}
            </Badge>{" "}
            {line.effect === "text" && toldOf(line)}
            {line.effect === "scheduled" && line.effective && `from ${day(line.effective)} `}
            {line.why || sentence(line.reasons.map((reason) => REASONS[reason]).join(", "))}
            <Asked line={line} alerts={alerts} />
            {line.effect === "frozen" && mayDecide && <Unfreeze line={line} />}
          </>
        ),
      },
    ],
    [mayDecide, alerts, styles],
  );
  return (
    <Section
      title="Plan"
      about={
        mode === "preview"
          ? "What a push would do. The account is in preview: nothing is written before an owner goes live."
          : "What the next push does, as of now."
      }
    >
      <Answer query={query} rows={8}>
        {(lines) => (
          <Table
            label="Lines that are not in step"
            columns={columns}
            rows={effect ? named.filter((line) => line.effect === effect) : named}
            id={(line) => line.mappingId}
            text={(line) => `${line.company} ${line.profileName} ${line.lineId} ${line.agreementId} ${line.agreement} ${line.why}`}
            csv={csv}
            more={isPart(lines)}
            tools={
              lines.length > 0 && <Dropdown
                aria-label="What happens"
                value={effect ? EFFECTS[effect as Line["effect"]] : "Everything"}
                selectedOptions={[effect]}
                onOptionSelect={(_, { optionValue }) => setEffect(optionValue ?? "")}
              >
                <Option value="">Everything</Option>
                {[...new Set(lines.map((line) => line.effect))].map((one) => (
                  <Option key={one} value={one}>
                    {EFFECTS[one]}
                  </Option>
                ))}
              </Dropdown>
            }
            empty={
              <Empty icon={<CheckmarkCircleRegular />} title={lines.length ? "None of these" : "Every line is in step"}>
                {lines.length ? "With no line this happens. Choose “Everything” to see the others." : "Nothing would be written now."}
              </Empty>
            }
          />
        )}
      </Answer>
    </Section>
  );
}

/** Where a person says what becomes of the line. */
function Asked({ line, alerts }: { line: Line; alerts: Schemas["ShownAlert"][] | undefined }): ReactElement | null {
  if (line.decided) return <> {DECIDED[line.decided]}</>;
  const asked = ASKED[line.effect];
  const { tenantId, company, skuId } = line;
  const to = asked && alerts ? exceptionOf({ reason: asked.reason, tenantId, customer: company, skuId }, alerts) : "";
  return asked && to ? (
    <>
      {" "}
      <PageLink to={to} inText>{asked.words}</PageLink>
    </>
  ) : null;
}

function Unfreeze({ line }: { line: Line }): ReactElement {
  const { unfreeze } = useFreezing(line);
  return (
    <>
      <Act does={unfreeze} given={undefined}>Unfreeze</Act>
      <Refusal of={unfreeze} />
    </>
  );
}
