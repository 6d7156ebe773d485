/** Numbers, money and times as every page shows them. */
import { useMemo } from "react";
import { useAccount } from "../app/context";

const LOCALE = "en-GB";

export function count(value: number): string {
  return value.toLocaleString(LOCALE).replace("-", "−");
}

/** "3 seats", "1 seat". */
export function counted(value: number, word: string, words = `${word}s`): string {
  return `${count(value)} ${value === 1 ? word : words}`;
}

/** "phone_resource_accounts" as "Phone resource accounts". */
export function words(name: string): string {
  const spaced = name.replaceAll("_", " ").replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
  return capital(spaced);
}

export function capital(told: string): string {
  return told.charAt(0).toUpperCase() + told.slice(1);
}

/** A person by their address alone, without the id that says which of the members with it that is. */
export function addressOf(who: string): string {
  return who.replace(/ \([0-9a-f]+\)$/, "");
}

export function money(amount: string | number, symbol: string): string {
  const value = Number(amount);
  const shown = Math.abs(value).toLocaleString(LOCALE, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return `${value < 0 ? "−" : ""}${symbol}${shown}`;
}

/** A day without a time, such as 2026-11-27: "27 Nov 2026". */
export function day(iso: string): string {
  const at = new Date(`${iso.slice(0, 10)}T12:00:00Z`);
  return at.toLocaleDateString(LOCALE, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
}

function dayIn(zone: string, instant: string): string {
  return new Date(instant).toLocaleDateString(LOCALE, {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: zone,
  });
}

/** "27 Nov, 02:00", with the year where it is another one than it is now. */
export function timeIn(zone: string, instant: string, now = new Date()): string {
  const year = (at: Date) => at.toLocaleDateString(LOCALE, { year: "numeric", timeZone: zone });
  const at = new Date(instant);
  return at.toLocaleString(LOCALE, {
    day: "numeric",
    month: "short",
    year: year(at) === year(now) ? undefined : "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone,
  });
}

/** "2026-11" as "November 2026". */
export function monthName(month: string): string {
  return new Date(`${month}-15T12:00:00Z`).toLocaleDateString(LOCALE, { month: "long", year: "numeric", timeZone: "UTC" });
}

/** The month of a day, and those before it: "2026-11", "2026-10", ... */
export function monthsBefore(day: string, most: number): string[] {
  if (!day) return [];
  const [year = 0, month = 0] = day.split("-").map(Number);
  return Array.from({ length: most }, (_, back) => new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 7));
}

/** Whole days between an instant and another. */
export function daysBetween(from: string, to: string): number {
  return Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 86_400_000));
}

/** The formats of the open account: its zone and its currency symbol. */
export function useFormat() {
  const { zone, symbol } = useAccount();
  return useMemo(
    () => ({
      money: (amount: string | number) => money(amount, symbol),
      day: (instant: string) => dayIn(zone, instant),
      time: (instant: string) => timeIn(zone, instant),
    }),
    [zone, symbol],
  );
}
