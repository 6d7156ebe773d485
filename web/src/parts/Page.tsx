import { Text, makeStyles, tokens } from "@fluentui/react-components";
import { useEffect, useRef, type ReactElement, type ReactNode } from "react";

const useStyles = makeStyles({
  page: { display: "flex", flexDirection: "column", gap: "20px", padding: "24px 32px 48px", minWidth: 0,
    "@media (max-width: 640px)": { padding: "16px 16px 40px" } },
  head: { display: "flex", flexWrap: "wrap", alignItems: "end", justifyContent: "space-between", gap: "12px" },
  title: { margin: 0, outlineStyle: "none" },
  about: { color: tokens.colorNeutralForeground2, maxWidth: "75ch", marginTop: "4px", textWrap: "pretty" },
  actions: { display: "flex", gap: "8px", flexWrap: "wrap", alignItems: "start" },
});

interface Props {
  title: string;
  /** One sentence under the title. */
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** Whether the person put the focus somewhere since the address of the page last changed. */
let movedOn = false;
for (const way of ["pushState", "popstate"]) addEventListener(way, () => (movedOn = false));
for (const hand of ["keydown", "pointerdown"]) addEventListener(hand, () => (movedOn = true), true);

/** Whether the title of a page that opens may have the focus: a slow page leaves it where the person went meanwhile. */
function isFree(): boolean {
  if (document.querySelector("[aria-modal=true]")) return false;
  return !movedOn || document.activeElement === document.body;
}

/**
 * The frame of every page. Its title gets the focus when the page opens, so that it is read out: then only, and not
 * under a dialog, which would be hidden from readers by it. A title that is known later leaves the focus where it is.
 */
export function Page({ title, about, actions, children }: Props): ReactElement {
  const styles = useStyles();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Seatwise`;
  }, [title]);
  useEffect(() => {
    if (isFree()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <div>
          <Text as="h1" size={700} weight="semibold" block ref={heading} tabIndex={-1} className={styles.title}>
            {title}
          </Text>
          {about && (
            <Text block className={styles.about}>
              {about}
            </Text>
          )}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
