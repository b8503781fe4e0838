import { Ellipsis } from "lucide-react";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { Button, Skeleton } from "./controls";
import { Confirm, Drawer } from "./dialog";
import { Menu } from "./menu";
import { ErrorNotice } from "./notice";
import { type Tab, Tabs } from "./tabs";

const Unsaved = createContext<(dirty: boolean) => void>(() => {});

/** Tells the drawer around a form that something is typed which closing would lose. */
export function useUnsaved(dirty: boolean) {
  const tell = useContext(Unsaved);
  useEffect(() => {
    tell(dirty);
    return () => tell(false);
  }, [tell, dirty]);
}

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
  const [dirty, setDirty] = useState(false);
  const [asking, setAsking] = useState(false);
  const close = () => {
    setAsking(false);
    setDirty(false);
    onClose();
  };
  return (
    <Drawer
      open={open}
      onClose={() => (dirty ? setAsking(true) : close())}
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
        <Unsaved value={setDirty}>
          {before}
          <Tabs tabs={tabs} label={label} testid={testid} />
        </Unsaved>
      )}
      {children}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title="Leave without saving?"
        action="Leave"
        testid="unsaved"
        onConfirm={close}
      >
        <p>What you changed of {title} is not saved and will be lost.</p>
      </Confirm>
    </Drawer>
  );
}
