import { Badge, Dropdown, Option } from "@fluentui/react-components";
import { CheckmarkCircleRegular } from "@fluentui/react-icons";
import { useMemo, useState, type ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { CustomerLink } from "../../parts/CustomerLink";
import { capital, count, day } from "../../parts/format";
import { toldOf } from "../../parts/InvoiceText";
import { Section } from "../../parts/Section";
import { Answer, Empty } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { isPart, useList } from "../../parts/useList";
import { Act, Refusal } from "../exceptions/Actions";
import { useFreezing } from "./lines/useFreezing";

type Line = Schemas["PlannedLine"];
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
  const columns = useMemo<Column<Line>[]>(
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
        width: "minmax(120px, 1fr)",
        titled: true,
        cell: (line) => (line.lineId ? `${line.lineId} on ${line.agreementId}` : `new on ${line.agreementId}`),
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
            {line.effect === "frozen" && mayDecide && <Unfreeze line={line} />}
          </>
        ),
      },
    ],
    [mayDecide],
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
            rows={effect ? lines.filter((line) => line.effect === effect) : lines}
            id={(line) => line.mappingId}
            text={(line) => `${line.company} ${line.lineId} ${line.agreementId} ${line.why}`}
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
              <Empty icon={<CheckmarkCircleRegular />} title="Every line is in step">
                Nothing would be written now.
              </Empty>
            }
          />
        )}
      </Answer>
    </Section>
  );
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
