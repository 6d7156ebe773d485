import { Badge } from "@fluentui/react-components";
import { CalendarCancelRegular } from "@fluentui/react-icons";
import type { ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { useApi } from "../../app/context";
import { lineWords, useWithAgreements } from "../../parts/agreements";
import { CustomerLink } from "../../parts/CustomerLink";
import { addressOf, capital, count, day } from "../../parts/format";
import { Section } from "../../parts/Section";
import { Answer, Empty } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { isPart, useList } from "../../parts/useList";

type Ending = Schemas["EndingLineOfCompany"];
const STATES: Record<Ending["state"], [string, "success" | "warning" | "danger" | "informative"]> = {
  in_step: ["In step", "success"],
  scheduled: ["To be ended", "informative"],
  held: ["Waits for a person", "warning"],
  drift: ["Changed by hand", "danger"],
  frozen: ["Frozen", "informative"],
  blocked: ["Cannot be ended", "danger"],
  unknown: ["Not known", "danger"],
};

const COLUMNS: Column<Ending & { agreement: string }>[] = [
  { key: "lastDay", title: "Last day", titled: true, width: "110px", value: (line) => line.lastDay, cell: (line) => day(line.lastDay) },
  {
    key: "company",
    title: "Customer",
    width: "minmax(150px, 2fr)",
    value: (line) => line.company,
    cell: (line) => <CustomerLink tenant={line.tenantId} name={line.company} />,
  },
  { key: "line", title: "Line", titled: true, width: "minmax(150px, 2fr)", cell: (line) => capital(lineWords(line)) },
  { key: "seats", title: "Seats until then", width: "110px", number: true, value: (line) => line.seats, cell: (line) => count(line.seats) },
  {
    key: "state",
    title: "In the PSA",
    width: "minmax(200px, 3fr)",
    value: (line) => line.state,
    cell: (line) => (
      <>
        <Badge appearance="tint" color={line.proven ? "success" : STATES[line.state][1]}>
          {line.proven ? "Ends there" : ["in_step", "scheduled"].includes(line.state) ? "To be ended" : STATES[line.state][0]}
        </Badge>{" "}
        {line.why}
      </>
    ),
  },
  { key: "who", title: "Who", titled: true, width: "minmax(130px, 1fr)", value: (line) => line.who, cell: (line) => addressOf(line.who) },
];

/** Lines that no mapping has any more, until their last day is over. */
export function EndingPart(): ReactElement {
  const api = useApi();
  const { query, csv } = useList<Ending>(["ending-lines"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/ending-lines", { params: { path: { account }, query: asked }, ...as }),
  );
  const named = useWithAgreements(query.data);
  return (
    <Section
      title="Ending lines"
      about="Lines that nothing is mapped to any more. Each bills its seats until its last day; changes at Microsoft do not move it. While it is to be ended, its licence can have it back: “Bill it” in the licence's details."
    >
      <Answer query={query} rows={6}>
        {(lines) => (
          <Table
            label="Ending lines"
            columns={COLUMNS}
            rows={named}
            id={(line) => `${line.connection} ${line.agreementId} ${line.lineId}`}
            text={(line) => `${line.company} ${line.lineId} ${line.agreementId} ${line.agreement} ${line.who} ${line.why}`}
            sorting={{ column: "lastDay", direction: "ascending" }}
            csv={csv}
            more={isPart(lines)}
            empty={
              <Empty icon={<CalendarCancelRegular />} title="No line ends">
                A line ends on a day when its mapping is taken away, or its company is removed.
              </Empty>
            }
          />
        )}
      </Answer>
    </Section>
  );
}
