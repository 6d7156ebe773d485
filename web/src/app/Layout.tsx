import { Badge, Text, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Suspense, lazy, useEffect, useRef, useState, type ReactElement, type ReactNode } from "react";
import { Link, useRoute } from "wouter";
import { AccountButton } from "./AccountButton";
import { useAccount } from "./context";
import { PAGES, type PageEntry } from "./pages";
import type { Look } from "./theme";

const loadMenu = () => import("./AccountMenu");
const AccountMenu = lazy(loadMenu);

const useStyles = makeStyles({
  app: { display: "grid", gridTemplateRows: "48px 1fr", gridTemplateColumns: "208px minmax(0, 1fr)", minHeight: "100vh",
    backgroundColor: tokens.colorNeutralBackground3,
    "@media (max-width: 640px)": { gridTemplateColumns: "minmax(0, 1fr)", gridTemplateRows: "48px auto 1fr" } },
  top: { gridColumn: "1 / -1", display: "flex", alignItems: "center", gap: "12px", padding: "0 16px",
    backgroundColor: tokens.colorNeutralBackground1, borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    position: "sticky", top: 0, zIndex: 3 },
  logo: { width: "24px", height: "24px" },
  space: { flexGrow: 1 },
  wideOnly: { "@media (max-width: 640px)": { display: "none" } },
  cut: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  nav: { padding: "12px 8px", display: "flex", flexDirection: "column", gap: "2px",
    backgroundColor: tokens.colorNeutralBackground2, borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    position: "sticky", top: "48px", alignSelf: "start", height: "calc(100vh - 48px)", boxSizing: "border-box", overflowY: "auto",
    "@media (max-width: 640px)": { position: "static", height: "auto", minWidth: 0, flexDirection: "row", overflowX: "auto", padding: "6px 8px", borderRight: "none",
      borderBottom: `1px solid ${tokens.colorNeutralStroke2}` } },
  item: { display: "flex", alignItems: "center", gap: "10px", padding: "8px 12px", whiteSpace: "nowrap",
    borderRadius: tokens.borderRadiusMedium, color: tokens.colorNeutralForeground1, textDecorationLine: "none",
    "& svg": { fontSize: "20px" },
    ":hover": { backgroundColor: tokens.colorNeutralBackground2Hover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
    // So narrow that a part of the fourth page shows: there is more to the right.
    "@media (max-width: 640px)": { gap: "6px", padding: "8px 10px" } },
  here: { backgroundColor: tokens.colorNeutralBackground1Selected, fontWeight: tokens.fontWeightSemibold,
    "& svg": { color: tokens.colorBrandForeground1 } },
  skip: { position: "absolute", left: "-9999px", ":focus": { left: "8px", top: "8px", zIndex: 9,
    backgroundColor: tokens.colorNeutralBackground1, padding: "8px" } },
});

interface Props {
  look: Look;
  setLook: (look: Look) => void;
  children: ReactNode;
}

export function Layout({ look, setLook, children }: Props): ReactElement {
  const styles = useStyles();
  const account = useAccount();
  return (
    <div className={styles.app}>
      <a href="#main" className={styles.skip}>
        Skip to the page
      </a>
      <header className={styles.top}>
        <img src="/icon.svg" alt="" className={styles.logo} />
        <Text weight="semibold" size={400} className={styles.wideOnly}>
          Seatwise
        </Text>
        <Text className={styles.cut}>{account.name}</Text>
        {account.mode === "preview" && (
          <Badge appearance="tint" color="warning">
            Preview
          </Badge>
        )}
        <span className={styles.space} />
        <Person look={look} setLook={setLook} />
      </header>
      <nav className={styles.nav} aria-label="Pages">
        {PAGES.map((page) => (
          <NavigationItem key={page.path} page={page} />
        ))}
      </nav>
      <main id="main">{children}</main>
    </div>
  );
}

/** The menu is loaded when somebody is about to open it. */
function Person(looks: Omit<Props, "children">): ReactElement {
  const [wanted, setWanted] = useState(false);
  const soon = () => void loadMenu().catch(() => undefined);
  if (!wanted) return <AccountButton onPointerEnter={soon} onFocus={soon} onClick={() => setWanted(true)} />;
  return (
    <Suspense fallback={<AccountButton />}>
      <AccountMenu {...looks} />
    </Suspense>
  );
}

function NavigationItem({ page }: { page: PageEntry }): ReactElement {
  const styles = useStyles();
  const [here] = useRoute(`/${page.path}/*?`);
  const item = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // On a phone the pages are one line that is scrolled sideways.
    if (here) item.current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [here]);
  return (
    <Link
      ref={item}
      href={`/${page.path}`}
      className={mergeClasses(styles.item, here && styles.here)}
      aria-current={here ? "page" : undefined}
    >
      {page.icon}
      {page.title}
    </Link>
  );
}
