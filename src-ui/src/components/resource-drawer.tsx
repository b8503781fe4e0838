import { Ellipsis } from "lucide-react";
import type { ReactNode } from "react";
import { Button, Skeleton } from "./controls";
import { Drawer } from "./dialog";
import { Menu } from "./menu";
import { ErrorNotice } from "./notice";
import { type Tab, Tabs } from "./tabs";
import { useLeaving } from "./unsaved";

/** One thing of a list, from the right: its parts as tabs, what one does with it in a menu. */
export function ResourceDrawer({
  title,
  label,
  open,
  onClose,
  loading,
  error,
  onRetry,
  menu,
  before,
  tabs,
  children,
  testid,
}: {
  title: string;
  /** What it is, read with the tabs: "Parts of the team". */
  label: string;
  open: boolean;
  onClose: () => void;
  loading: boolean;
  error: unknown;
  onRetry: () => void;
  menu?: ReactNode;
  /** Above the tabs: what one must not miss. */
  before?: ReactNode;
  tabs: Tab[];
  /** Dialogs that it opens. */
  children?: ReactNode;
  testid: string;
}) {
  const { close, watched, question } = useLeaving(title, onClose);
  return (
    <Drawer
      open={open}
      onClose={close}
      testid={testid}
      title={<span title={title}>{title}</span>}
      actions={
        menu && (
          <Menu
            trigger={
              <Button variant="ghost" size="icon" aria-label={`More for ${title}`} data-testid={`${testid}-menu`}>
                <Ellipsis className="size-4" />
              </Button>
            }
          >
            {menu}
          </Menu>
        )
      }
    >
      {error ? (
        <div className="p-5">
          <ErrorNotice error={error} onRetry={onRetry} />
        </div>
      ) : loading ? (
        <div aria-busy className="grid gap-4 p-5">
          <Skeleton className="h-6 w-56" />
          <Skeleton className="h-14" />
          <Skeleton className="h-14" />
        </div>
      ) : (
        watched(
          <>
            {before}
            <Tabs tabs={tabs} label={label} testid={testid} />
          </>,
        )
      )}
      {children}
      {question}
    </Drawer>
  );
}
