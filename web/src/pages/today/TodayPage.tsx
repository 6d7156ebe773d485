import { Text, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CheckmarkCircleRegular, ClockRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { count, counted, useFormat } from "../../parts/format";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { Answer, Empty } from "../../parts/States";
import { OpenByType } from "./OpenByType";
import { SentMails } from "./SentMails";

type Summary = Schemas["ShownSummary"];

const PHONE = "@media (max-width: 640px)";

const useStyles = makeStyles({
  tiles: { display: "grid", gap: "16px", gridTemplateColumns: "repeat(auto-fit, minmax(150px, 1fr))",
    [PHONE]: { gridTemplateColumns: "1fr 1fr", "& > :last-child:nth-child(odd)": { gridColumn: "1 / -1" } } },
  tile: { gap: "4px", color: tokens.colorNeutralForeground1 },
  long: { [PHONE]: { fontSize: tokens.fontSizeBase400 } },
  number: { fontVariantNumeric: "tabular-nums" },
  soft: { color: tokens.colorNeutralForeground2 },
  warn: { color: tokens.colorPaletteRedForeground1, display: "block" },
  link: { color: tokens.colorBrandForegroundLink },
  lower: { display: "grid", gap: "16px", gridTemplateColumns: "minmax(0, 2fr) minmax(0, 1fr)", alignItems: "start",
    "@media (max-width: 900px)": { gridTemplateColumns: "minmax(0, 1fr)" } },
});

export default function TodayPage(): ReactElement {
  const api = useApi();
  const account = useAccount();
  const path = { account: account.id };
  const summary = useQuery({
    queryKey: [account.id, "summary"],
    queryFn: () => answer(api.GET("/api/accounts/{account}/summary", { params: { path } })),
    refetchInterval: 60_000,
  });
  return (
    <Page title="Today" about={summary.data && <Headline summary={summary.data} />}>
      <Answer query={summary}>
        {(found) =>
          found.lastNight ? (
            <Found summary={found} />
          ) : (
            <Empty icon={<ClockRegular />} title="No night has passed yet">
              After the first nightly sync this page says whether everything is fine.{" "}
              <Link href="/guide">The guide shows what is still missing.</Link>
            </Empty>
          )
        }
      </Answer>
    </Page>
  );
}

/** Is everything fine? In one sentence. */
export function headline(summary: Pick<Summary, "exceptions" | "asOf">): string {
  if (!summary.asOf) return "Nothing has been read yet.";
  const open = summary.exceptions.reduce((sum, { rows }) => sum + rows, 0);
  const urgent = summary.exceptions.reduce((sum, type) => sum + type.urgent, 0);
  if (!open) return "Everything is fine. Nobody has to do anything today.";
  const rest = urgent ? `, ${count(urgent)} of them urgent` : "";
  return `${counted(open, "exception")} ${open === 1 ? "needs" : "need"} a person${rest}.`;
}

function Headline({ summary }: { summary: Summary }): ReactElement {
  return <>{headline(summary)}</>;
}

function Found({ summary }: { summary: Summary }): ReactElement {
  const styles = useStyles();
  const format = useFormat();
  const { pushed, mode } = summary;
  const open = summary.exceptions.reduce((sum, { rows }) => sum + rows, 0);
  const stake = summary.exceptions.reduce((sum, type) => sum + Number(type.money), 0);
  const sent = summary.mails.filter((mail) => mail.state === "done").length;
  const preview = mode === "preview";
  return (
    <>
      <div className={styles.tiles}>
        <Tile
          title="Last sync"
          number={summary.lastNight ? format.time(summary.lastNight) : "never"}
          href="/settings/syncs"
          warn={summary.tenantsNotRead > 0 && [`${counted(summary.tenantsNotRead, "tenant")} not read`, "/companies?show=not_read"]}
        >
          {counted(summary.tenantsRead, "tenant")} read
        </Tile>
        <Tile title="Open exceptions" number={count(open)} href="/exceptions">
          {stake > 0 ? `${format.money(stake)} a month at stake` : "nothing at stake that is known"}
        </Tile>
        <Tile
          title="Held changes"
          number={count(summary.held)}
          href={summary.held ? "/exceptions?type=push_held" : undefined}
        >
          {summary.held ? `${counted(summary.heldSeats, "seat")} fewer, until a person decides` : "nothing waits for a decision"}
        </Tile>
        <Tile
          title={preview ? "Would be pushed" : "Pushed last night"}
          number={counted(preview ? pushed.wouldWrite : pushed.written, "line")}
          href={preview ? "/billing" : "/billing/ledger?event=confirmed"}
          warn={pushed.failed > 0 && [`${counted(pushed.failed, "line")} not in step`, "/billing"]}
        >
          {count(pushed.unchanged)} already in step
        </Tile>
        <Tile
          title="Mails sent"
          number={count(sent)}
          href="/settings/mails"
          warn={summary.mailsFailed > 0 && [`${counted(summary.mailsFailed, "recipient")} not reached`, "/exceptions?type=mail_failed"]}
        >
          {sent ? `since ${summary.pushedOn ? format.day(summary.pushedOn) : "the last night"}` : "nobody had to be told"}
        </Tile>
      </div>
      <div className={styles.lower}>
        {open ? (
          <OpenByType types={summary.exceptions} />
        ) : (
          <Empty icon={<CheckmarkCircleRegular />} title="No exceptions">
            Every licence of every added tenant is where it should be.
          </Empty>
        )}
        <SentMails mails={summary.mails} />
      </div>
    </>
  );
}

interface TileProps {
  title: string;
  number: string;
  href?: string;
  /** What is wrong, said in red, and where it is told. */
  warn?: [words: string, to: string] | false;
  children: ReactNode;
}

function Tile({ title, number, href, warn, children }: TileProps): ReactElement {
  const styles = useStyles();
  const long = number.length > 8;
  return (
    <Panel className={styles.tile}>
      <Text as="h2" size={300} weight="regular" className={styles.soft} style={{ margin: 0 }}>
        {title}
      </Text>
      <Text size={long ? 500 : 600} weight="semibold" className={mergeClasses(styles.number, long && styles.long)}>
        {href ? (
          <Link href={href} className={styles.link} aria-label={`${title}: ${number}`}>
            {number}
          </Link>
        ) : (
          number
        )}
      </Text>
      <Text className={styles.soft}>
        {children}
        {warn && (
          <Link href={warn[1]} className={styles.warn}>
            {warn[0]}
          </Link>
        )}
      </Text>
    </Panel>
  );
}
