import { type LucideIcon, Plus } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { count } from "@/lib/numbers";
import { Button, Card } from "./controls";
import { SearchInput } from "./field";
import { Empty, ErrorNotice } from "./notice";
import { Page } from "./page";
import { type Column, type Sort, VirtualTable } from "./virtual-table";

/** What a list is of: "user", "users". */
export interface Things {
  one: string;
  many: string;
  icon: LucideIcon;
}

export interface Listing<Row> {
  rows: readonly (Row | undefined)[];
  total: number;
  loading: boolean;
  error: unknown;
  retry: () => void;
  onRange?: (first: number, last: number) => void;
}

/** A page with a list of things: search, the list, and what it says while there is nothing in it. */
export function ResourcePage<Row>({
  title,
  description,
  things,
  list,
  columns,
  narrow,
  rowKey,
  nameOf,
  openKey,
  onOpen,
  query,
  onQuery,
  searchLabel,
  filters,
  narrowed,
  onClear,
  create,
  onCreate,
  emptyTitle,
  emptyText,
  sort,
  onSort,
  children,
}: {
  title: string;
  description: string;
  things: Things;
  list: Listing<Row>;
  columns: Column<Row>[];
  narrow: (row: Row) => ReactNode;
  rowKey: (row: Row) => string;
  nameOf: (row: Row) => string;
  openKey: string | undefined;
  onOpen: (row: Row) => void;
  query: string;
  onQuery: (query: string) => void;
  searchLabel: string;
  filters?: ReactNode;
  /** Whether something hides rows. */
  narrowed: boolean;
  onClear: () => void;
  /** The button's words; absent for whoever may make none. */
  create?: string;
  onCreate: () => void;
  emptyTitle: string;
  emptyText: ReactNode;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  children?: ReactNode;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const id = things.many;
  const nothing = !list.loading && !list.error && list.total === 0;
  const createButton = (primary: boolean) =>
    create && (
      <Button
        variant={primary ? "primary" : "secondary"}
        data-testid={primary ? `${id}-new` : `${id}-new-first`}
        onClick={onCreate}
      >
        <Plus className="size-4" /> {create}
      </Button>
    );
  const top = () => scroller.current?.scrollTo({ top: 0 });
  return (
    <Page fill title={title} description={description} actions={createButton(true)}>
      {list.error && list.total === 0 ? (
        <ErrorNotice error={list.error} onRetry={list.retry} />
      ) : nothing && !narrowed ? (
        <Card>
          <Empty icon={things.icon} title={emptyTitle} testid={`${id}-empty`} action={createButton(false)}>
            {emptyText}
          </Empty>
        </Card>
      ) : (
        <>
          <div className="flex flex-wrap items-center gap-2">
            <SearchInput
              className="min-w-40 flex-1 basis-48"
              placeholder={searchLabel}
              aria-label={searchLabel}
              data-testid={`${id}-search`}
              value={query}
              onValue={(next) => {
                top();
                onQuery(next);
              }}
            />
            {filters}
            <p role="status" className="ml-auto min-w-20 text-right text-faint text-xs" data-testid={`${id}-count`}>
              {list.loading ? "" : `${count(list.total)} ${list.total === 1 ? things.one : things.many}`}
            </p>
          </div>
          {list.error ? <ErrorNotice error={list.error} onRetry={list.retry} /> : null}
          <VirtualTable
            label={title}
            rows={list.rows}
            rowKey={rowKey}
            rowTestid={`${things.one}-row`}
            rowName={nameOf}
            columns={columns}
            narrow={narrow}
            openKey={openKey}
            onOpen={onOpen}
            sort={sort}
            onSort={
              onSort &&
              ((next) => {
                top();
                onSort(next);
              })
            }
            loading={list.loading}
            scroller={scroller}
            onRange={list.onRange}
            empty={
              <Empty
                icon={things.icon}
                title={`No ${things.one} matches`}
                testid={`${id}-none`}
                action={<Button onClick={onClear}>Show all {things.many}</Button>}
              />
            }
          />
        </>
      )}
      {children}
    </Page>
  );
}
