import { cleanup, render, screen } from "@testing-library/react";
import { Suspense, type ReactElement } from "react";
import { afterEach, expect, test } from "vitest";
import { PageFile } from "../src/app/files";
import { pageOf } from "../src/app/pages";

afterEach(cleanup);

function Ledger(): ReactElement {
  return <h1>Ledger</h1>;
}

const opened = (file: PageFile): ReactElement => {
  const Page = pageOf(file);
  return (
    <Suspense fallback="Loading">
      <Page />
    </Suspense>
  );
};

test("a page whose file is there is drawn at once, without a word of loading before it", async () => {
  const file = new PageFile(() => Promise.resolve({ default: Ledger }));
  await file.load();
  const { container } = render(opened(file));
  expect(container.innerHTML).toBe("<h1>Ledger</h1>");
});

test("a page whose file is on its way follows when it is there", async () => {
  const { container } = render(opened(new PageFile(() => Promise.resolve({ default: Ledger }))));
  expect(container.textContent).toBe("Loading");
  await screen.findByRole("heading", { name: "Ledger" });
});
