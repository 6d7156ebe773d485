import { Badge } from "@fluentui/react-components";
import { MailRegular } from "@fluentui/react-icons";
import { useMemo, type ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { useApi } from "../../app/context";
import { useFormat } from "../../parts/format";
import { MAIL_STATES } from "../../parts/mails";
import { Section } from "../../parts/Section";
import { Answer, Empty } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { isPart, useList } from "../../parts/useList";

type Mail = Schemas["ShownMail"];

/** What became of each mail. One that failed is an exception, and is sent again from there. */
export function MailsPart(): ReactElement {
  const api = useApi();
  const format = useFormat();
  const { query, csv } = useList<Mail>(["mails"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/mails", { params: { path: { account }, query: asked }, ...as }),
  );
  const columns = useMemo<Column<Mail>[]>(
    () => [
      { key: "since", title: "When", width: "112px", value: (mail) => mail.since, cell: (mail) => format.time(mail.since) },
      { key: "recipient", title: "To", titled: true, width: "minmax(230px, 2fr)", value: (mail) => mail.recipient, cell: (mail) => mail.recipient },
      { key: "subject", title: "Subject", width: "minmax(220px, 4fr)", value: (mail) => mail.subject, cell: (mail) => mail.subject },
      {
        key: "state",
        title: "State",
        width: "minmax(140px, 2fr)",
        value: (mail) => MAIL_STATES[mail.state][0],
        cell: (mail) => (
          <>
            <Badge appearance="tint" color={MAIL_STATES[mail.state][1]}>
              {MAIL_STATES[mail.state][0]}
            </Badge>{" "}
            {mail.why}
          </>
        ),
      },
    ],
    [format],
  );
  return (
    <Section title="Mails" about="Digests, reports and invitations, the newest first. One that did not arrive is an exception, where it is sent again.">
      <Answer query={query} rows={8}>
        {(rows) => (
          <Table
            label="Mails"
            columns={columns}
            rows={rows}
            id={(mail) => mail.id}
            text={(mail) => `${mail.recipient} ${mail.subject} ${MAIL_STATES[mail.state][0]}`}
            csv={csv}
            more={isPart(rows)}
            empty={
              <Empty icon={<MailRegular />} title="No mail yet">
                The first comes when something is new, changed or urgent.
              </Empty>
            }
          />
        )}
      </Answer>
    </Section>
  );
}
