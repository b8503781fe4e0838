import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { cn } from "@/lib/cn";
import { Skeleton } from "./controls";

export interface Column<Row> {
  id: string;
  header: string;
  /** Where what is below speaks for itself, the header is only read out. */
  quiet?: boolean;
  /** A CSS grid track. */
  width: string;
  cell: (row: Row) => ReactNode;
  align?: "right";
  sortable?: boolean;
  /** Of its cells and its header, such as room to a column before that ends where it begins. */
  className?: string;
  /** Shown only when the table itself is at least this wide, in pixels. */
  from?: number;
}

export interface Sort {
  by: string;
  descending: boolean;
}

interface Props<Row> {
  label: string;
  /** Those that are not read yet are `undefined`; see `onRange`. */
  rows: readonly (Row | undefined)[];
  rowKey: (row: Row) => string;
  columns: Column<Row>[];
  /** The two-line form for narrow tables. */
  narrow: (row: Row) => ReactNode;
  onOpen: (row: Row) => void;
  openKey?: string;
  rowTestid?: string;
  /** What tests call a row. */
  rowName?: (row: Row) => string;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  loading?: boolean;
  empty: ReactNode;
  footer?: ReactNode;
  onEnd?: () => void;
  /** The first and the last of the rows in sight or near it, for lists that are read as one comes by. */
  onRange?: (first: number, last: number) => void;
  flash?: (row: Row) => boolean;
  scroller?: RefObject<HTMLDivElement | null>;
  onScrolled?: (fromTop: number) => void;
}

const ROW = 36;
const NARROW_ROW = 56;
const HEADER = 32;
const NARROW_BELOW = 650;

/**
 * A list of any length: only the rows in sight exist. Arrow keys move, Enter opens; the focus stays on the grid, which
 * names the active row, because a row that scrolls away would take the focus with it.
 */
export function VirtualTable<Row>(props: Props<Row>) {
  const { rows, columns, onOpen, rowKey, loading } = props;
  const own = useRef<HTMLDivElement>(null);
  const scroller = props.scroller ?? own;
  const width = useWidth(scroller);
  const [active, setActive] = useState(-1);
  const id = useId();
  const isNarrow = width < NARROW_BELOW;
  const height = isNarrow ? NARROW_ROW : ROW;
  const shown = columns.filter((column) => !column.from || width >= column.from);
  const tracks = shown.map((column) => column.width).join(" ");

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? `\u0000${index}` : rowKey(row);
    },
    scrollPaddingEnd: HEADER,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new height makes all measurements wrong
  useLayoutEffect(() => virtual.measure(), [height]);

  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? -1;
  const last = items.at(-1)?.index ?? -1;
  const { onEnd, onRange } = props;
  useEffect(() => {
    if (onEnd && last >= 0 && last >= rows.length - 20) onEnd();
  }, [last, rows.length, onEnd]);
  useEffect(() => {
    if (onRange && first >= 0) onRange(first, last);
  }, [first, last, onRange]);

  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || rows.length === 0) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / height) - 2);
    const to: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows.length - 1,
    };
    if (event.key in to) move(to[event.key]!);
    else if (event.key === "Enter" && rows[active] !== undefined) onOpen(rows[active]);
    else return;
    event.preventDefault();
  };

  return (
    <div className="relative min-h-0 flex-1 overflow-hidden rounded-lg border border-line bg-surface shadow-card">
      <div
        ref={scroller}
        role="grid"
        aria-label={props.label}
        aria-rowcount={loading ? -1 : rows.length + 1}
        aria-busy={loading || undefined}
        aria-activedescendant={rows[active] !== undefined ? `${id}-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onScroll={(event) => props.onScrolled?.(event.currentTarget.scrollTop)}
        className="group/grid h-full overflow-y-auto overflow-x-hidden focus-visible:outline-offset-[-2px]"
      >
        {!isNarrow && <Header {...props} shown={shown} tracks={tracks} />}
        <div role="rowgroup" className="relative" style={{ height: loading ? undefined : virtual.getTotalSize() }}>
          {loading ? (
            <LoadingRows tracks={tracks} columns={shown.length} narrow={isNarrow} />
          ) : (
            items.map((item) => {
              const row = rows[item.index];
              if (row === undefined) {
                return (
                  <div
                    key={item.key}
                    role="row"
                    aria-rowindex={item.index + 2}
                    aria-busy
                    style={{ transform: `translateY(${item.start}px)`, height }}
                    className="absolute inset-x-0 top-0 flex items-center border-line border-b px-4"
                  >
                    <span role="gridcell" aria-label="Loading" className="w-full">
                      <Skeleton className="w-2/5" />
                    </span>
                  </div>
                );
              }
              const key = rowKey(row);
              return (
                <div
                  key={item.key}
                  id={`${id}-${item.index}`}
                  role="row"
                  aria-rowindex={item.index + 2}
                  aria-selected={key === props.openKey}
                  data-testid={props.rowTestid}
                  data-key={key}
                  data-name={props.rowName?.(row)}
                  onClick={() => {
                    setActive(item.index);
                    onOpen(row);
                  }}
                  style={{
                    transform: `translateY(${item.start}px)`,
                    height,
                    gridTemplateColumns: isNarrow ? undefined : tracks,
                  }}
                  className={cn(
                    "absolute inset-x-0 top-0 cursor-pointer items-center border-line border-b px-4 hover:bg-hover",
                    isNarrow ? "flex" : "grid gap-x-3",
                    key === props.openKey && "bg-selected hover:bg-selected",
                    props.flash?.(row) && "row-flash",
                    item.index === active &&
                      "group-focus-visible/grid:bg-selected group-focus-visible/grid:shadow-[inset_2px_0_0_var(--accent)]",
                  )}
                >
                  {isNarrow ? (
                    <div role="gridcell" className="min-w-0 flex-1">
                      {props.narrow(row)}
                    </div>
                  ) : (
                    shown.map((column) => (
                      <div
                        key={column.id}
                        role="gridcell"
                        className={cn("min-w-0 truncate", column.align === "right" && "text-right", column.className)}
                      >
                        {column.cell(row)}
                      </div>
                    ))
                  )}
                </div>
              );
            })
          )}
        </div>
        {props.footer}
      </div>
      {!loading && rows.length === 0 && (
        <div className="absolute inset-x-0 top-8 bottom-0 overflow-y-auto">{props.empty}</div>
      )}
    </div>
  );
}

function Header<Row>({ shown, tracks, sort, onSort }: Props<Row> & { shown: Column<Row>[]; tracks: string }) {
  return (
    <div role="rowgroup" className="sticky top-0 z-10">
      <div
        role="row"
        aria-rowindex={1}
        style={{ gridTemplateColumns: tracks, height: HEADER }}
        className="grid items-center gap-x-3 border-line border-b bg-sunken px-4 text-muted text-xs"
      >
        {shown.map((column) => {
          const sorted = sort?.by === column.id;
          const Arrow = sort?.descending ? ArrowDown : ArrowUp;
          return (
            <div
              key={column.id}
              role="columnheader"
              aria-sort={sorted ? (sort.descending ? "descending" : "ascending") : undefined}
              className={cn("min-w-0 truncate", column.align === "right" && "text-right", column.className)}
            >
              {column.sortable && onSort ? (
                <button
                  type="button"
                  className={cn(
                    "inline-flex items-center gap-1 rounded hover:text-text",
                    sorted && "font-medium text-text",
                  )}
                  onClick={() => onSort({ by: column.id, descending: sorted ? !sort.descending : false })}
                >
                  {column.align === "right" && sorted && <Arrow aria-hidden className="size-3" />}
                  {column.header}
                  {column.align !== "right" && sorted && <Arrow aria-hidden className="size-3" />}
                </button>
              ) : (
                <span className={column.quiet ? "sr-only" : undefined}>{column.header}</span>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function LoadingRows({ tracks, columns, narrow }: { tracks: string; columns: number; narrow: boolean }) {
  return Array.from({ length: 14 }, (_, row) => (
    <div
      key={row}
      aria-hidden
      style={{ height: narrow ? NARROW_ROW : ROW, gridTemplateColumns: narrow ? "1fr" : tracks }}
      className="grid items-center gap-x-3 border-line border-b px-4"
    >
      {Array.from({ length: narrow ? 1 : columns }, (_, column) => (
        <Skeleton key={column} className={column === 0 ? "w-4/5" : "w-3/5"} />
      ))}
    </div>
  ));
}

/** The table's own width, which decides what fits; the window's says nothing about the sidebar. */
function useWidth(element: RefObject<HTMLDivElement | null>) {
  const [width, setWidth] = useState(() => window.innerWidth);
  useLayoutEffect(() => {
    const node = element.current;
    if (!node) return;
    setWidth(node.clientWidth || window.innerWidth);
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
