import { BoxRegular } from "@fluentui/react-icons";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useFormat } from "../../parts/format";
import { Empty } from "../../parts/States";
import type { Tenant } from "./CompaniesPage";

/** Why a customer has no licences here, and what to do about it. */
export function NoLicences({ tenant }: { tenant: Tenant | undefined }): ReactElement {
  const format = useFormat();
  if (!tenant?.added) {
    return (
      <Empty icon={<BoxRegular />} title="Not added yet">
        Only added customers are read. <Link href="/companies">Add it under Companies</Link>: its licences are here after the next sync.
      </Empty>
    );
  }
  if (!tenant.lastRead) {
    return (
      <Empty icon={<BoxRegular />} title="Not read yet">
        {tenant.notReadBecause
          ? "It could not be read. What to do about it stands above, and under Exceptions."
          : "Its licences are here after the next sync. “Sync now” reads it at once."}
      </Empty>
    );
  }
  return (
    <Empty icon={<BoxRegular />} title="No licences">
      Microsoft listed none at {format.time(tenant.lastRead)}. What the customer buys is here after the next sync; an agreement line that still bills
      them is under Billing.
    </Empty>
  );
}

type Seats = { purchased: number | null; assigned: number | null };

/** Why a list of a licence's users is empty. */
export function whyNobody({ purchased, assigned }: Seats): string {
  if (assigned === null) return "It is not known who has it: its users are here after the next sync that reads them.";
  if (!purchased) return "Nobody has it, and no seat is paid for.";
  return "Nobody has it, and its seats are paid for. Assign them in the Microsoft 365 admin center, or have fewer at the next renewal.";
}
