import type { ComponentType } from "react";

/** The file of a page, which is loaded when the page is opened. */
export class PageFile {
  /** Once the file is there. */
  page: ComponentType | undefined;
  readonly #read: () => Promise<{ default: ComponentType }>;

  constructor(read: () => Promise<{ default: ComponentType }>) {
    this.#read = read;
  }

  load = async (): Promise<{ default: ComponentType }> => {
    const file = await this.#read();
    this.page = file.default;
    return file;
  };
}

/** By the first word of the page's path behind /accounts/ID. */
export const FILES = {
  today: new PageFile(() => import("../pages/today/TodayPage")),
  exceptions: new PageFile(() => import("../pages/exceptions/ExceptionsPage")),
  companies: new PageFile(() => import("../pages/companies/CompaniesPage")),
  billing: new PageFile(() => import("../pages/billing/BillingPage")),
  reports: new PageFile(() => import("../pages/reports/ReportsPage")),
  settings: new PageFile(() => import("../pages/settings/SettingsPage")),
  guide: new PageFile(() => import("../pages/guide/GuidePage")),
};

/** What the page at this path needs first: its file, and the reads that it begins with, as paths of the API. */
export function neededAt(path: string): { file: PageFile | undefined; reads: string[] } {
  const [, accounts, account, page = "today"] = path.split(/[/?#]/);
  if (accounts !== "accounts" || !account) return { file: undefined, reads: ["/api/me"] };
  const here = `/api/accounts/${account}`;
  const file = Object.hasOwn(FILES, page) ? FILES[page as keyof typeof FILES] : undefined;
  return { file, reads: ["/api/me", here, ...(page === "today" ? [`${here}/summary`] : [])] };
}
