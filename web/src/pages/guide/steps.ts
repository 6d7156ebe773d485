/** The words of the guide's steps, and where each is taken. */
import type { Schemas } from "../../api/client";
import type { Role } from "../../app/context";
import { counted } from "../../parts/format";

type Step = Schemas["ShownStep"];

interface Words {
  title: string;
  why: string;
  path: string;
  least: Role;
  /** What is there, and what is missing, by count. */
  there: (there: number) => string;
  missing: (missing: number) => string;
}

export const STEPS: Record<Step["step"], Words> = {
  connect_partner: {
    title: "Connect your Microsoft partner tenant",
    why: "One consent lets Seatwise read the licences of every customer tenant.",
    path: "/settings/connections",
    least: "admin",
    there: (there) => `${counted(there, "connection")}`,
    missing: (missing) => `${counted(missing, "connection")} refused`,
  },
  connect_psa: {
    title: "Connect your PSA",
    why: "Agreements and their lines are there; Seatwise writes only lines that you map.",
    path: "/settings/connections",
    least: "admin",
    there: (there) => counted(there, "connection"),
    missing: (missing) => `${counted(missing, "connection")} refused`,
  },
  add_companies: {
    title: "Add companies",
    why: "A company links a tenant with its company in the PSA. Sure matches by name or domain are found for you.",
    path: "/companies",
    least: "editor",
    there: (there) => `${counted(there, "company", "companies")} added`,
    missing: (missing) => `${counted(missing, "tenant")} without a company`,
  },
  make_profiles: {
    title: "Make billing profiles",
    why: "A billing profile is a name for a product of the PSA and for how it is priced.",
    path: "/billing/profiles",
    least: "admin",
    there: (there) => counted(there, "profile"),
    missing: () => "none yet",
  },
  map_licences: {
    title: "Map licences",
    why: "Each licence gets a profile, an agreement and exactly one line, or “do not bill”.",
    path: "/exceptions?type=no_billing_profile",
    least: "editor",
    there: (there) => `${counted(there, "licence")} mapped`,
    missing: (missing) => `${counted(missing, "licence")} without a profile`,
  },
  choose_recipients: {
    title: "Choose who gets which alerts",
    why: "Seatwise is silent on a good day and mails only what somebody must fix.",
    path: "/settings",
    least: "owner",
    there: (there) => counted(there, "address", "addresses"),
    missing: () => "nobody is told yet",
  },
  preview: {
    title: "Look at the preview",
    why: "Every line that would be written, with before, after and why. Nothing is written while the account previews.",
    path: "/billing",
    least: "reader",
    there: () => "seen",
    missing: () => "to be looked at",
  },
  go_live: {
    title: "Go live",
    why: "From the next night on, the lines that changed are written. Large decreases are held for a person.",
    path: "/guide",
    least: "owner",
    there: () => "live",
    missing: () => "still in preview",
  },
};

/** How far a step is, in a few words. */
export function stateOf(step: Pick<Step, "step" | "there" | "missing">): string {
  const words = STEPS[step.step];
  if (!step.there && !step.missing) return "Not begun";
  if (!step.there) return words.missing(step.missing);
  return step.missing ? `${words.there(step.there)}, ${words.missing(step.missing)}` : words.there(step.there);
}
