import { Button, Dropdown, Field, Option, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { download } from "../../parts/download";
import { monthName, monthsBefore } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Answer, Failed } from "../../parts/States";

const useStyles = makeStyles({
  bar: { display: "flex", gap: "8px", alignItems: "end", flexWrap: "wrap" },
  mail: { width: "100%", height: "70vh", border: `1px solid ${tokens.colorNeutralStroke2}`, borderRadius: tokens.borderRadiusMedium },
});

/** The report of any month as it would be made now; nothing is kept or sent but a test to oneself. */
export function LookAtMonth({ company }: { company: string }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account, today, me } = useAccount();
  const maySend = useMay("admin");
  const notices = useNotices();
  const months = monthsBefore(today, 12);
  // On the first days of a month the one before is what everybody waits for.
  const [month, setMonth] = useState(months[1] ?? "");
  const [looked, setLooked] = useState("");
  const path = { account, company, month };
  const mail = useQuery({
    enabled: looked === month,
    queryKey: [account, "report-preview", company, month],
    queryFn: () =>
      answer(api.GET("/api/accounts/{account}/companies/{company}/months/{month}/mail", { params: { path } })),
  });
  const pdf = useMutation({
    mutationFn: () =>
      download(
        api.GET("/api/accounts/{account}/companies/{company}/months/{month}/pdf", { params: { path }, parseAs: "blob" }),
        `microsoft-365-licences-${month}.pdf`,
      ),
  });
  const test = useMutation({
    mutationFn: () =>
      answer(api.POST("/api/accounts/{account}/companies/{company}/months/{month}/test", { params: { path } })),
    onSuccess: ({ state, why }) =>
      state === "done" ? notices.done(`The test is sent to ${me.email}.`) : notices.failed("The test was not sent.", new Error(why)),
  });
  const choose = (chosen: string) => {
    setMonth(chosen);
    pdf.reset();
    test.reset();
  };
  const refused = pdf.error ?? test.error;
  return (
    <Section title="Look at a month" about="As the report would be made now. Nothing is kept, and nobody but you gets a test.">
      <div className={styles.bar}>
        <Field label="Month">
          <Dropdown
            value={monthName(month)}
            selectedOptions={[month]}
            onOptionSelect={(_, { optionValue }) => optionValue && choose(optionValue)}
          >
            {months.map((one) => (
              <Option key={one} value={one}>
                {monthName(one)}
              </Option>
            ))}
          </Dropdown>
        </Field>
        <Button appearance="primary" onClick={() => setLooked(month)}>
          Preview
        </Button>
        <Button disabled={pdf.isPending} onClick={() => pdf.mutate()}>
          Download as PDF
        </Button>
        {maySend && (
          <Button disabled={test.isPending} onClick={() => test.mutate()}>
            Send a test to me
          </Button>
        )}
      </div>
      {refused && <Failed error={refused} />}
      {looked === month && (
        <Answer query={mail} rows={8}>
          {({ subject, html }) => (
            <>
              <Text>
                Subject: <b>{subject}</b>
              </Text>
              {/* Without scripts and of an origin of its own, whatever stands in the names of customers. */}
              <iframe className={styles.mail} sandbox="" srcDoc={html} title={`Preview of ${subject}`} />
            </>
          )}
        </Answer>
      )}
    </Section>
  );
}
