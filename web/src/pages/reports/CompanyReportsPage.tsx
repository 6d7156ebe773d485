import { Field, Switch, Textarea, makeStyles } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { answer, versioned, type Schemas, type Versioned } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { useEdited, type Edited } from "../../parts/edited";
import { useNotices } from "../../parts/notices";
import { Page } from "../../parts/Page";
import { SaveBar } from "../../parts/SaveBar";
import { Section } from "../../parts/Section";
import { Answer } from "../../parts/States";
import { LookAtMonth } from "./LookAtMonth";
import { SentReports } from "./SentReports";

type Settings = Schemas["ShownReportSettings"];
const NAMES = {
  scheduled: "Monthly report",
  recipients: "Recipients",
  prices: "Prices in the report",
  portal: "Portal",
  portalPrices: "Prices in the portal",
};

const useStyles = makeStyles({ switches: { display: "grid", justifyItems: "start" } });

/** One customer: to whom the report goes, how it looks, and which were sent. */
export function CompanyReportsPage({ company }: { company: string }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const path = { account, company };
  const found = useQuery({
    queryKey: [account, "company", company],
    queryFn: () => answer(api.GET("/api/accounts/{account}/companies/{company}", { params: { path } })),
  });
  return (
    <Page title={found.data?.name ?? "Company"} about={<Link href="/reports">All companies’ reports</Link>}>
      <Answer query={found}>
        {() => (
          <>
            <ReportSettings company={company} />
            <LookAtMonth company={company} />
            <SentReports company={company} />
          </>
        )}
      </Answer>
    </Page>
  );
}

function ReportSettings({ company }: { company: string }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const notices = useNotices();
  const path = { account, company };
  const queryKey = [account, "report-settings", company];
  const edited = useEdited<Settings>({
    queryKey,
    read: () => versioned(api.GET("/api/accounts/{account}/companies/{company}/report-settings", { params: { path } })),
    save: (change, etag) => {
      // All of it is saved: what was changed here over what is stored.
      const stored = queries.getQueryData<Versioned<Settings>>(queryKey)?.value;
      const { scheduled, recipients, prices, portal, portalPrices } = { ...stored, ...change } as Settings;
      return answer(
        api.PUT("/api/accounts/{account}/companies/{company}/report-settings", {
          params: { path, header: { "If-Match": etag } },
          body: { scheduled, recipients: addresses(recipients), prices, portal, portalPrices },
        }),
      );
    },
    saved: () => {
      notices.done("Saved.");
      void queries.invalidateQueries({ queryKey: [account, "report-settings"] });
      void queries.invalidateQueries({ queryKey: [account, "reports", company] });
    },
  });
  return (
    <Section title="Report and portal" about="The report goes out on the 1st for the month before, once that night’s sync has ended.">
      <Answer query={edited.query}>{() => edited.value && <Form edited={edited} value={edited.value} />}</Answer>
    </Section>
  );
}

/** The lines that hold something. */
export function addresses(typed: readonly string[]): string[] {
  return typed.map((line) => line.trim()).filter(Boolean);
}

function Form({ edited, value }: { edited: Edited<Settings>; value: Settings }): ReactElement {
  const styles = useStyles();
  const mayChange = useMay("admin");
  const refused = edited.conflict ? null : edited.saving.error;
  const wrong = fieldOf(refused).startsWith("recipients");
  const toggle = (field: "scheduled" | "prices" | "portal" | "portalPrices", label: string) => (
    <Switch
      label={label}
      disabled={!mayChange}
      checked={value[field]}
      onChange={(_, { checked }) => edited.set({ [field]: checked })}
    />
  );
  return (
    <>
      <Field
        label="Recipients"
        hint="One on each line, at this customer."
        validationState={wrong ? "error" : "none"}
        validationMessage={wrong ? sentenceOf(refused) : undefined}
      >
        <Textarea
          disabled={!mayChange}
          resize="vertical"
          value={value.recipients.join("\n")}
          onChange={(_, { value: typed }) => edited.set({ recipients: typed.split("\n") })}
        />
      </Field>
      <div className={styles.switches}>
        {toggle("scheduled", "Send the monthly report")}
        {toggle("prices", "The report tells what the customer pays")}
        {toggle("portal", "The customer’s users may look into the portal")}
        {toggle("portalPrices", "The portal tells what the customer pays")}
      </div>
      {mayChange && <SaveBar edited={edited} names={NAMES} />}
    </>
  );
}
