import { Tab, TabList, makeStyles } from "@fluentui/react-components";
import { useEffect, useRef, type ReactElement } from "react";
import { useLocation } from "wouter";

const useStyles = makeStyles({
  // On a phone the tabs are one line that is scrolled sideways, as the pages are.
  // The words of the first one begin where the page does.
  tabs: { overflowX: "auto", scrollbarWidth: "none", margin: "0 -12px", "& > *": { flexShrink: 0 },
    "@media (max-width: 640px)": { margin: "0 -16px", padding: "0 6px", maxWidth: "100vw" } },
});

interface Props {
  /** What the parts are of, for screen readers. */
  label: string;
  /** Path of the page; that of a part is behind it. */
  page: string;
  part: string;
  /** Path and title of each part. */
  parts: [string, string][];
}

/** The parts of a page: each has an address of its own. */
export function Tabs({ label, page, part, parts }: Props): ReactElement {
  const [, go] = useLocation();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [part]);
  return (
    <TabList
      ref={list}
      aria-label={label}
      className={useStyles().tabs}
      selectedValue={part}
      onTabSelect={(_, { value }) => go(`/${page}/${String(value)}`)}
    >
      {parts.map(([value, title]) => (
        <Tab key={value} value={value}>
          {title}
        </Tab>
      ))}
    </TabList>
  );
}
