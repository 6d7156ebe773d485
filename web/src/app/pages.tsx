/** Every page of an account: one row here, and one folder in src/pages. */
import {
  AlertRegular,
  BoardRegular,
  BuildingMultipleRegular,
  CompassNorthwestRegular,
  DocumentTextRegular,
  ReceiptRegular,
  SettingsRegular,
} from "@fluentui/react-icons";
import { lazy, useState, type ComponentType, type ReactElement } from "react";
import { FILES, type PageFile } from "./files";

export interface PageEntry {
  /** First word of its path behind /accounts/ID; what follows is the page's own. */
  path: string;
  title: string;
  icon: ReactElement;
  Page: ComponentType;
}

export const PAGES: PageEntry[] = [
  {
    path: "today",
    title: "Today",
    icon: <BoardRegular />,
    Page: pageOf(FILES.today),
  },
  {
    path: "exceptions",
    title: "Exceptions",
    icon: <AlertRegular />,
    Page: pageOf(FILES.exceptions),
  },
  {
    path: "companies",
    title: "Companies",
    icon: <BuildingMultipleRegular />,
    Page: pageOf(FILES.companies),
  },
  {
    path: "billing",
    title: "Billing",
    icon: <ReceiptRegular />,
    Page: pageOf(FILES.billing),
  },
  {
    path: "reports",
    title: "Reports",
    icon: <DocumentTextRegular />,
    Page: pageOf(FILES.reports),
  },
  {
    path: "settings",
    title: "Settings",
    icon: <SettingsRegular />,
    Page: pageOf(FILES.settings),
  },
  {
    path: "guide",
    title: "Guide",
    icon: <CompassNorthwestRegular />,
    Page: pageOf(FILES.guide),
  },
];

/**
 * Drawn at once where its file is there already. `lazy` alone would show "Loading" first, even for a file that is
 * there, and React leaves that standing for 300 ms.
 */
export function pageOf(file: PageFile): ComponentType {
  const Later = lazy(file.load);
  return function OpenedPage() {
    const [Page] = useState(() => file.page ?? Later);
    return <Page />;
  };
}
