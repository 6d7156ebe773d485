import { Badge, Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { download } from "../../parts/download";
import { monthName, useFormat } from "../../parts/format";
import { MAIL_STATES } from "../../parts/mails";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Answer, Failed } from "../../parts/States";

type Report = Schemas["ShownReport"];
type Mail = Schemas["ShownReportMail"];

const NOTHING: Record<string, string> = {
  before_first_read: "Nothing was read of this month yet, so there was nothing to tell.",
  never_read: "The customer could not be read on a single day of it, so there was nothing to tell.",
};

const useStyles = makeStyles({
  list: { listStyleType: "none", margin: 0, padding: 0 },
  report: { padding: "12px 0", borderTop: `1px solid ${tokens.colorNeutralStroke3}`, ":first-child": { borderTop: "none" } },
  head: { display: "flex", gap: "8px", alignItems: "center", justifyContent: "space-between", flexWrap: "wrap" },
  mail: { display: "flex", gap: "8px", alignItems: "center", flexWrap: "wrap", padding: "4px 0", overflowWrap: "anywhere" },
  soft: { color: tokens.colorNeutralForeground2 },
});

/** The reports that were made, what became of each mail, and sending one again. */
export function SentReports({ company }: { company: string }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const path = { account, company };
  const reports = useQuery({
    queryKey: [account, "reports", company],
    queryFn: () => answer(api.GET("/api/accounts/{account}/companies/{company}/reports", { params: { path } })),
  });
  return (
    <Section title="Reports of the past months" about="As they were sent: later changes do not reach them.">
      <Answer query={reports} rows={3}>
        {(found) =>
          found.length ? (
            <ul className={styles.list} aria-label="Reports of the past months">
              {found.map((report) => (
                <li key={report.month} className={styles.report}>
                  <OneReport company={company} report={report} />
                </li>
              ))}
            </ul>
          ) : (
            <Text className={styles.soft}>None yet. The first one goes out on the 1st after the report is switched on.</Text>
          )
        }
      </Answer>
    </Section>
  );
}

function OneReport({ company, report }: { company: string; report: Report }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const format = useFormat();
  const { id: account } = useAccount();
  const { failed } = useNotices();
  const path = { account, company, month: report.month };
  const save = () =>
    download(
      api.GET("/api/accounts/{account}/companies/{company}/reports/{month}", { params: { path }, parseAs: "blob" }),
      `microsoft-365-licences-${report.month}.pdf`,
    ).catch((error: unknown) => failed("The report was not downloaded.", error));
  const name = monthName(report.month);
  return (
    <>
      <div className={styles.head}>
        <span>
          <Text weight="semibold">{name}</Text>{" "}
          <Text className={styles.soft}>
            {report.state === "nothing" ? (NOTHING[report.code] ?? "There was nothing to tell.") : `made ${format.time(report.madeAt)}`}
          </Text>
        </span>
        {report.state !== "nothing" && (
          <Button onClick={() => void save()} aria-label={`Download PDF: ${name}`}>
            Download PDF
          </Button>
        )}
      </div>
      {report.state !== "nothing" &&
        report.mails.map((mail) => <OneMail key={mail.recipient} company={company} month={report.month} mail={mail} />)}
    </>
  );
}

function OneMail({ company, month, mail }: { company: string; month: string; mail: Mail }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const maySend = useMay("admin");
  const queries = useQueryClient();
  const { done, failed } = useNotices();
  const again = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/accounts/{account}/companies/{company}/reports/{month}/send-again", {
          params: { path: { account, company, month } },
          body: { recipient: mail.recipient, times: mail.times },
        }),
      ),
    onSuccess: ({ state, sentNow, why }) => {
      if (state === "done") done(sentNow ? `Sent to ${mail.recipient}.` : "Somebody had sent it again just now.");
      else failed("It was not sent.", new Error(why || "Nobody knows whether it arrived."));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: [account, "reports", company] }),
  });
  const [words, color] = mail.state ? MAIL_STATES[mail.state] : (["Not sent to them", "informative"] as const);
  return (
    <>
      <div className={styles.mail}>
        <span>{mail.recipient}</span>
        <Badge appearance="tint" color={color}>
          {words}
        </Badge>
        {mail.times > 1 && <span className={styles.soft}>{mail.times} times</span>}
        {maySend && (
          <Button
            size="small"
            disabled={again.isPending}
            onClick={() => again.mutate()}
            aria-label={`${mail.state ? "Send again" : "Send"}: ${monthName(month)} to ${mail.recipient}`}
          >
            {mail.state ? "Send again" : "Send"}
          </Button>
        )}
      </div>
      {again.error && <Failed error={again.error} />}
    </>
  );
}
