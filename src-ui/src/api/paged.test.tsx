import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { PAGE, pagesOf, usePaged } from "./paged";

test.each([
  [0, 0, [1]],
  [0, 49, [1]],
  [40, 60, [1, 2]],
  [100, 100, [3]],
] as const)("places %d to %d are on pages %j", (first, last, pages) => expect(pagesOf(first, last)).toEqual(pages));

test("only the pages in sight are read, and what was shown stays", async () => {
  const read = vi.fn(async (page: number, size: number) => ({
    rows: Array.from({ length: size }, (_, at) => (page - 1) * size + at),
    total: 10_000,
  }));
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const { result } = renderHook(() => usePaged("users", {}, read), { wrapper });
  expect(result.current.loading).toBe(true);
  await waitFor(() => expect(result.current.total).toBe(10_000));
  expect(result.current.rows[PAGE - 1]).toBe(PAGE - 1);
  expect(result.current.rows[PAGE]).toBeUndefined();
  act(() => result.current.onRange(5000, 5020));
  expect(result.current.total).toBe(10_000);
  await waitFor(() => expect(result.current.rows[5020]).toBe(5020));
  expect(result.current.rows[0]).toBe(0);
  expect(read.mock.calls.map(([page]) => page)).toEqual([1, 101]);
});
