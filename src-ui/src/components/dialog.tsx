import { X } from "lucide-react";
import { AlertDialog, Dialog as Radix, VisuallyHidden } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./controls";
import { ErrorNotice } from "./notice";

/** These open without a trigger of their own, so where the focus came from has to be remembered. */
function useFocusReturn() {
  const origin = useRef<Element | null>(null);
  return {
    onOpenAutoFocus: () => {
      origin.current = document.activeElement;
    },
    onCloseAutoFocus: (event: Event) => {
      event.preventDefault();
      if (origin.current instanceof HTMLElement) origin.current.focus();
    },
  };
}

const CONTROL = "form :is(input, textarea, button):not([disabled])";

/** What one came for is the form, not the button that closes it. */
function focusForm(event: Event) {
  const first = (event.currentTarget as HTMLElement).querySelector<HTMLElement>(CONTROL);
  if (!first) return;
  event.preventDefault();
  first.focus();
}

const VEIL = "fixed inset-0 z-40 bg-veil";

/** What is said at the window's edge belongs to what is open: its button closes nothing. */
const isNote = ({ target }: Event) => target instanceof Element && target.closest("[data-sonner-toaster]") !== null;

export function Dialog({
  open,
  onClose,
  title,
  description,
  children,
  footer,
  wide,
  lock,
  testid,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
  /** A click beside it does not close it: what it shows or holds would be lost. */
  lock?: boolean;
  testid?: string;
}) {
  const focus = useFocusReturn();
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={VEIL} />
        <Radix.Content
          {...focus}
          onOpenAutoFocus={(event) => {
            focus.onOpenAutoFocus();
            focusForm(event);
          }}
          data-testid={testid}
          aria-describedby={description ? undefined : ""}
          onInteractOutside={(event) => (lock || isNote(event)) && event.preventDefault()}
          className={cn(
            "appear fixed inset-x-3 top-[max(12px,8vh)] z-50 mx-auto flex max-h-[84vh] flex-col rounded-xl border border-line bg-raised shadow-pop focus:outline-none",
            wide ? "max-w-[820px]" : "max-w-[480px]",
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="font-semibold text-lg">{title}</Radix.Title>
              {description && (
                <Radix.Description className="mt-0.5 text-muted text-sm">{description}</Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <Button variant="ghost" size="icon" aria-label="Close" className="-mr-2">
                <X className="size-4" />
              </Button>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 scroll-pt-8 scroll-pb-24 overflow-y-auto px-5 pb-5">{children}</div>
          {footer && (
            <footer className="flex flex-wrap items-center justify-end gap-2 rounded-b-xl border-line border-t bg-sunken px-5 py-3">
              {footer}
            </footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The end of a form in a dialog: what was found and what to do stay in sight while a long form scrolls. */
export const FormEnd = ({ children, inDrawer }: { children: ReactNode; inDrawer?: boolean }) => (
  <div
    className={cn(
      "sticky z-10 -mx-5 grid gap-3 border-line border-t px-5 py-3",
      inDrawer ? "bottom-0 -mb-4 bg-surface" : "-bottom-5 -mb-5 rounded-b-xl bg-raised",
    )}
  >
    {children}
  </div>
);

/** Detail of a row, from the right. The list stays visible beside it. */
export function Drawer({
  open,
  onClose,
  title,
  actions,
  children,
  testid,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  testid?: string;
}) {
  const focus = useFocusReturn();
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={cn(VEIL, "bg-veil/40")} />
        <Radix.Content
          {...focus}
          data-testid={testid}
          aria-describedby={undefined}
          onInteractOutside={(event) => isNote(event) && event.preventDefault()}
          className="slide-in fixed inset-y-0 right-0 z-50 flex w-full max-w-[520px] flex-col border-line border-l bg-surface shadow-pop focus:outline-none"
        >
          <header className="flex items-center gap-2 border-line border-b px-5 py-3">
            <Radix.Title className="min-w-0 flex-1 truncate font-semibold text-base">{title}</Radix.Title>
            {actions}
            <Radix.Close asChild>
              <Button variant="ghost" size="icon" aria-label="Close" className="-mr-2">
                <X className="size-4" />
              </Button>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Before something is lost: the text names what. */
export function Confirm({
  open,
  onClose,
  onConfirm,
  title,
  children,
  action,
  busy,
  error,
  testid,
}: {
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  children: ReactNode;
  action: string;
  busy?: boolean;
  error?: unknown;
  testid?: string;
}) {
  const focus = useFocusReturn();
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={VEIL} />
        <AlertDialog.Content
          {...focus}
          data-testid={testid}
          className="appear fixed inset-x-3 top-[16vh] z-50 mx-auto max-w-[440px] rounded-xl border border-line bg-raised p-5 shadow-pop focus:outline-none"
        >
          <AlertDialog.Title className="break-words font-semibold text-lg">{title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-2 grid grid-cols-1 gap-2 text-muted text-sm">{children}</div>
          </AlertDialog.Description>
          {error ? <ErrorNotice error={error} className="mt-3" /> : null}
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>Cancel</Button>
            </AlertDialog.Cancel>
            <Button variant="danger" busy={busy} onClick={onConfirm} data-testid="confirm">
              {action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

export const Hidden = VisuallyHidden.Root;
