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
    Page: lazy(() => import("../pages/today/TodayPage")),
  },
  {
    path: "exceptions",
    title: "Exceptions",
    icon: <AlertRegular />,
    Page: lazy(() => import("../pages/exceptions/ExceptionsPage")),
  },
  {
    path: "companies",
    title: "Companies",
    icon: <BuildingMultipleRegular />,
    Page: lazy(() => import("../pages/companies/CompaniesPage")),
  },
  {
    path: "billing",
    title: "Billing",
    icon: <ReceiptRegular />,
    Page: lazy(() => import("../pages/billing/BillingPage")),
  },
  {
    path: "reports",
    title: "Reports",
    icon: <DocumentTextRegular />,
    Page: lazy(() => import("../pages/reports/ReportsPage")),
  },
  {
    path: "settings",
    title: "Settings",
    icon: <SettingsRegular />,
    Page: lazy(() => import("../pages/settings/SettingsPage")),
  },
  {
    path: "guide",
    title: "Guide",
    icon: <CompassNorthwestRegular />,
    Page: lazy(() => import("../pages/guide/GuidePage")),
  },
];

