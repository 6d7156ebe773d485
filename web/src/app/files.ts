/** The file of each page, by the first word of its path behind /accounts/ID: loaded when the page is opened. */
export const FILES = {
  today: () => import("../pages/today/TodayPage"),
  exceptions: () => import("../pages/exceptions/ExceptionsPage"),
  companies: () => import("../pages/companies/CompaniesPage"),
  billing: () => import("../pages/billing/BillingPage"),
  reports: () => import("../pages/reports/ReportsPage"),
  settings: () => import("../pages/settings/SettingsPage"),
  guide: () => import("../pages/guide/GuidePage"),
};

/** What the page at this path needs first: its file, and the reads that it begins with, as paths of the API. */
export function neededAt(path: string): { file: (() => Promise<unknown>) | undefined; reads: string[] } {
  const [, accounts, account, page = "today"] = path.split(/[/?#]/);
  if (accounts !== "accounts" || !account) return { file: undefined, reads: ["/api/me"] };
  const here = `/api/accounts/${account}`;
  const file = Object.hasOwn(FILES, page) ? FILES[page as keyof typeof FILES] : undefined;
  return { file, reads: ["/api/me", here, ...(page === "today" ? [`${here}/summary`] : [])] };
}
