import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Page } from "../src/parts/Page";

afterEach(cleanup);

const page = (title: string) => (
  <Page title={title}>
    <button>Details</button>
  </Page>
);

test("a page that opens has the focus on its title, and one that is named later leaves it where it went meanwhile", () => {
  const { rerender } = render(page("Company"));
  expect(document.activeElement).toBe(screen.getByRole("heading"));
  screen.getByRole("button").focus();
  rerender(page("Cobalt Logistics"));
  expect(document.activeElement).toBe(screen.getByRole("button"));
  expect(document.title).toBe("Cobalt Logistics · Seatwise");
});

test("a page that opens under a dialog leaves the focus in the dialog", () => {
  render(
    <div role="dialog" aria-modal="true">
      <button>Sign in again</button>
    </div>,
  );
  const button = screen.getByRole("button");
  button.focus();
  render(page("Company"));
  expect(document.activeElement).toBe(button);
});

test("a page that is slow to open leaves the focus where the person went meanwhile, and has it when one goes to the next", () => {
  const link = render(<a href="/exceptions">Exceptions</a>).getByRole("link");
  history.pushState(null, "", "/today");
  dispatchEvent(new Event("pushState"));
  fireEvent.keyDown(link, { key: "Tab" });
  link.focus();
  const { unmount } = render(page("Today"));
  expect(document.activeElement).toBe(link);
  fireEvent.keyDown(link, { key: "Enter" });
  dispatchEvent(new Event("pushState"));
  unmount();
  render(page("Exceptions"));
  expect(document.activeElement).toBe(screen.getByRole("heading"));
});
