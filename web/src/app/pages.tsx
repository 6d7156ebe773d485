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
import { lazy, type ComponentType, type ReactElement } from "react";
import { FILES } from "./files";

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
    Page: lazy(FILES.today),
  },
  {
    path: "exceptions",
    title: "Exceptions",
    icon: <AlertRegular />,
    Page: lazy(FILES.exceptions),
  },
  {
    path: "companies",
    title: "Companies",
    icon: <BuildingMultipleRegular />,
    Page: lazy(FILES.companies),
  },
  {
    path: "billing",
    title: "Billing",
    icon: <ReceiptRegular />,
    Page: lazy(FILES.billing),
  },
  {
    path: "reports",
    title: "Reports",
    icon: <DocumentTextRegular />,
    Page: lazy(FILES.reports),
  },
  {
    path: "settings",
    title: "Settings",
    icon: <SettingsRegular />,
    Page: lazy(FILES.settings),
  },
  {
    path: "guide",
    title: "Guide",
    icon: <CompassNorthwestRegular />,
    Page: lazy(FILES.guide),
  },
];

