import { Badge, Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { useConsent } from "../../parts/consent";
import { counted, useFormat } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { PSA_KINDS } from "../../parts/psaKinds";
import { PsaForm } from "../../parts/PsaForm";
import { Section } from "../../parts/Section";
import { Answer, Failed } from "../../parts/States";
import { useList } from "../../parts/useList";
import { ChangePartner } from "./ChangePartner";
import { ConnectPartner } from "./ConnectPartner";
import { LostAgreements } from "./LostAgreements";
import { RemovePartner } from "./RemovePartner";
import { RemovePsa } from "./RemovePsa";

type Partner = Schemas["ShownPartner"];
type PartnerList = Schemas["ShownPartnerList"];
type PsaState = Schemas["ShownPsaState"];

const useStyles = makeStyles({
  item: { display: "flex", flexWrap: "wrap", gap: "8px 16px", alignItems: "center", padding: "10px 0",
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`, ":first-child": { borderTop: "none" } },
  // Words wrap before the buttons beside them do.
  grow: { flex: "1 1 240px", minWidth: 0 },
  acts: { display: "flex", flexWrap: "wrap", gap: "8px" },
  soft: { color: tokens.colorNeutralForeground2, display: "block" },
});

/** What the account is connected to: Microsoft partner tenants and PSAs. */
export function ConnectionsPart(): ReactElement {
  return (
    <>
      <Partners />
      <Psas />
    </>
  );
}

function Partners(): ReactElement {
  const api = useApi();
  const mayChange = useMay("admin");
  const [connecting, setConnecting] = useState(false);
  const { query: lists } = useList<PartnerList>(["partner-lists"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/partner-lists", { params: { path: { account }, query: asked }, ...as }),
  );
  const { query: partners } = useList<Partner>(["partner-connections"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/partner-connections", { params: { path: { account }, query: asked }, ...as }),
  );
  return (
    <Section
      title="Microsoft partner connections"
      about="An administrator of your partner tenant consents once; every customer tenant with active GDAP is then read."
    >
      <Answer query={partners} rows={2}>
        {(found) => (
          <div>
            {found.map((partner) => (
              <PartnerItem key={partner.id} partner={partner} list={lists.data?.find((list) => list.partnerConnection === partner.id)} />
            ))}
            {found.length === 0 && <Text>None yet.</Text>}
          </div>
        )}
      </Answer>
      {mayChange &&
        (connecting || partners.data?.length === 0 ? (
          <ConnectPartner />
        ) : (
          <div>
            <Button onClick={() => setConnecting(true)}>Connect a partner tenant</Button>
          </div>
        ))}
    </Section>
  );
}

function PartnerItem({ partner, list }: { partner: Partner; list: PartnerList | undefined }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("admin");
  const { done } = useNotices();
  const test = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/accounts/{account}/partner-connections/{partnerConnection}/test", {
          params: { path: { account, partnerConnection: partner.id } },
        }),
      ),
    onSuccess: ({ customers }) => done(`${partner.name} works: ${counted(customers, "customer")} in its list.`),
  });
  const again = useConsent();
  const format = useFormat();
  const [open, setOpen] = useState<"change" | "remove" | null>(null);
  const toggle = (what: "change" | "remove") => setOpen(open === what ? null : what);
  return (
    <>
      <div className={styles.item}>
        <div className={styles.grow}>
          <Text weight="semibold">{partner.name}</Text> {list?.failure && <DoesNotWork />}
          <span className={styles.soft}>
            {partner.tenantId} ·{" "}
            {partner.byInstallation ? "by this installation’s app" : partner.mode === "app_only" ? "by its own app" : "by consent"}
            {list?.readAt && ` · ${counted(list.customers, "customer")} as of ${format.time(list.readAt)}`}
          </span>
        </div>
        {mayChange && (
          <div className={styles.acts}>
            <Button disabled={test.isPending} onClick={() => test.mutate()}>
              {test.isPending ? "Testing …" : "Test"}
            </Button>
            <Button disabled={again.isPending} onClick={() => again.mutate({ connection: partner.id })}>
              Sign in again
            </Button>
            <Button aria-expanded={open === "change"} aria-label={`Change ${partner.name}`} onClick={() => toggle("change")}>
              Change
            </Button>
            <Button aria-expanded={open === "remove"} aria-label={`Remove ${partner.name} …`} onClick={() => toggle("remove")}>
              Remove …
            </Button>
          </div>
        )}
      </div>
      {list?.failure && <Failed error={new Error(list.failure.sentence)} />}
      {(test.error ?? again.error) && <Failed error={test.error ?? again.error} />}
      {open === "change" && <ChangePartner id={partner.id} done={() => setOpen(null)} />}
      {open === "remove" && <RemovePartner partner={partner} cancel={() => setOpen(null)} />}
    </>
  );
}

function DoesNotWork(): ReactElement {
  return (
    <Badge appearance="tint" color="danger">
      Does not work
    </Badge>
  );
}

function Psas(): ReactElement {
  const api = useApi();
  const mayChange = useMay("admin");
  const [connecting, setConnecting] = useState(false);
  const { query: psas } = useList<PsaState>(
    ["psa-connections"],
    (asked, as, account) =>
      api.GET("/api/accounts/{account}/psa-connections", { params: { path: { account }, query: asked }, ...as }),
    (rows) => (rows.some((psa) => psa.lists.refreshing) ? 3_000 : false),
  );
  return (
    <Section title="PSA connections" about="Where agreements and their lines are. Seatwise writes only lines that you map.">
      <Answer query={psas} rows={2}>
        {(found) => (
          <div>
            {found.map((psa) => (
              <PsaItem key={psa.id} psa={psa} />
            ))}
            {found.length === 0 && <Text>None yet.</Text>}
          </div>
        )}
      </Answer>
      {mayChange &&
        (connecting ? (
          <PsaForm done={() => setConnecting(false)} />
        ) : (
          <div>
            <Button onClick={() => setConnecting(true)}>Connect a PSA</Button>
          </div>
        ))}
    </Section>
  );
}

function PsaItem({ psa }: { psa: PsaState }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("admin");
  const queries = useQueryClient();
  const { done } = useNotices();
  const format = useFormat();
  const [changing, setChanging] = useState(false);
  const [removing, setRemoving] = useState(false);
  const path = { account, psaConnection: psa.id };
  const test = useMutation({
    mutationFn: async () => {
      const asked = await api.POST("/api/accounts/{account}/psa-connections/{psaConnection}/test", { params: { path } });
      if (!asked.response.ok) await answer(Promise.resolve(asked));
    },
    onSuccess: () => done(`${psa.name} works, and has every right that the nights need.`),
  });
  const refresh = useMutation({
    mutationFn: () =>
      answer(api.POST("/api/accounts/{account}/psa-connections/{psaConnection}/refresh", { params: { path } })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: [account, "psa-connections"] }),
  });
  const { lists } = psa;
  const failure = psa.failure || lists.failure;
  return (
    <>
      <div className={styles.item}>
        <div className={styles.grow}>
          <Text weight="semibold">{psa.name}</Text>{" "}
          {failure && <DoesNotWork />}
          <span className={styles.soft}>
            {PSA_KINDS[psa.kind]?.title ?? psa.kind}
            {lists.refreshing
              ? " · its lists are being read"
              : lists.readAt &&
                ` · ${counted(lists.companies, "company", "companies")}, ${counted(lists.agreements, "agreement")} and ${counted(lists.products, "product")} as of ${format.time(lists.readAt)}`}
          </span>
        </div>
        {mayChange && (
          <div className={styles.acts}>
            <Button disabled={test.isPending} onClick={() => test.mutate()}>
              {test.isPending ? "Testing …" : "Test"}
            </Button>
            <Button disabled={refresh.isPending || lists.refreshing} onClick={() => refresh.mutate()}>
              Refresh
            </Button>
            <Button onClick={() => setChanging(!changing)}>Change</Button>
            <Button onClick={() => setRemoving(!removing)} aria-label={`Remove ${psa.name} …`}>
              Remove …
            </Button>
          </div>
        )}
      </div>
      {failure && <Failed error={new Error(failure)} />}
      {(test.error ?? refresh.error) && <Failed error={test.error ?? refresh.error} />}
      <LostAgreements connection={psa} />
      {removing && <RemovePsa psa={psa} cancel={() => setRemoving(false)} />}
      {changing && <PsaForm psa={psa} done={() => setChanging(false)} />}
    </>
  );
}
