import { Button, Dropdown, Image, Option, Text, makeStyles, tokens } from "@fluentui/react-components";
import { LockClosedRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { ApiProblem } from "../../api/problem";
import { useApi, useServices } from "../../app/context";
import { usePicture } from "../../parts/files";
import { Answer, Empty } from "../../parts/States";
import { CompanyView } from "./CompanyView";

type Portal = Schemas["ShownPortal"];

const useStyles = makeStyles({
  app: { minHeight: "100vh", backgroundColor: tokens.colorNeutralBackground3 },
  // White in every look: a logo is made for paper.
  top: { backgroundColor: "#ffffff", color: "#1a1a1a", borderBottom: `1px solid ${tokens.colorNeutralStroke2}`, padding: "14px 24px" },
  wide: { maxWidth: "1080px", margin: "0 auto", display: "flex", alignItems: "center", justifyContent: "space-between", gap: "16px" },
  logo: { maxWidth: "min(251px, 60vw)", maxHeight: "41px", objectFit: "contain" },
  out: { color: "#1a1a1a", flexShrink: 0, minWidth: 0, paddingRight: 0 },
  main: { maxWidth: "1080px", margin: "0 auto", padding: "24px", display: "flex", flexDirection: "column", gap: "20px",
    "@media (max-width: 640px)": { padding: "16px" } },
});

/** What a customer's own users see of their MSP's account: their companies, and nothing else. */
export default function PortalPage({ account }: { account: string }): ReactElement {
  const api = useApi();
  const styles = useStyles();
  const portal = useQuery({
    queryKey: ["portal", account],
    queryFn: () => answer(api.GET("/api/portal/{account}", { params: { path: { account } } })),
  });
  const nothing = portal.error instanceof ApiProblem && portal.error.problem.status === 404;
  useEffect(() => {
    document.title = portal.data ? `${portal.data.msp}: Microsoft 365 licences` : "Microsoft 365 licences";
  }, [portal.data]);
  return (
    <div className={styles.app}>
      <Top account={account} portal={portal.data} />
      <main className={styles.main}>
        {nothing ? (
          <Empty icon={<LockClosedRegular />} title="Nothing is shown to you here">
            Your organisation’s licences are not shown at this address. Ask your IT provider to switch the portal on for you, or sign
            out and sign in with your work account.
          </Empty>
        ) : (
          <Answer query={portal}>{(found) => <Companies account={account} portal={found} />}</Answer>
        )}
      </main>
    </div>
  );
}

function Top({ account, portal }: { account: string; portal: Portal | undefined }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { session } = useServices();
  const logo = useQuery({
    enabled: portal?.hasLogo === true,
    queryKey: ["portal", account, "logo"],
    queryFn: () => answer(api.GET("/api/portal/{account}/logo", { params: { path: { account } }, parseAs: "blob" })),
  });
  const address = usePicture(logo.data ?? null);
  return (
    <header className={styles.top}>
      <div className={styles.wide}>
        {address ? (
          <Image src={address} alt={portal?.msp ?? ""} className={styles.logo} />
        ) : (
          <Text weight="semibold" size={500}>
            {portal?.msp ?? ""}
          </Text>
        )}
        <Button appearance="transparent" className={styles.out} onClick={() => void session.signOut(`/portal/${account}`)}>
          Sign out
        </Button>
      </div>
    </header>
  );
}

function Companies({ account, portal }: { account: string; portal: Portal }): ReactElement {
  const [chosen, setChosen] = useState(portal.companies[0]?.id ?? "");
  const company = portal.companies.find(({ id }) => id === chosen) ?? portal.companies[0];
  return (
    <>
      {portal.companies.length > 1 && (
        <Dropdown
          aria-label="Company"
          value={company?.name ?? ""}
          selectedOptions={[chosen]}
          onOptionSelect={(_, { optionValue }) => optionValue && setChosen(optionValue)}
        >
          {portal.companies.map(({ id, name }) => (
            <Option key={id} value={id}>
              {name}
            </Option>
          ))}
        </Dropdown>
      )}
      {company && <CompanyView key={company.id} account={account} company={company.id} />}
    </>
  );
}
