import { Button, DrawerBody, DrawerHeader, DrawerHeaderTitle, OverlayDrawer, makeStyles } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import type { ReactElement, ReactNode } from "react";
import { useFocusBack } from "./focusBack";

const useStyles = makeStyles({
  drawer: { width: "min(560px, 100vw)" },
  body: { display: "flex", flexDirection: "column", gap: "24px", paddingBottom: "32px", "& h3, & p": { margin: 0 },
    "& section": { display: "flex", flexDirection: "column", gap: "12px" } },
});

interface Props {
  title: string;
  close: () => void;
  children: ReactNode;
}

/** What opens over a page at its side: Escape, the page behind it and the cross close it, and the focus goes back. */
export function SideDrawer({ title, close, children }: Props): ReactElement {
  const styles = useStyles();
  useFocusBack();
  return (
    <OverlayDrawer open position="end" className={styles.drawer} onOpenChange={(_, { open }) => open || close()}>
      <DrawerHeader>
        <DrawerHeaderTitle action={<Button appearance="subtle" icon={<DismissRegular />} aria-label="Close" onClick={close} />}>
          {title}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody className={styles.body}>{children}</DrawerBody>
    </OverlayDrawer>
  );
}
