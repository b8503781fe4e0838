import { Popover as Radix } from "radix-ui";
import type { ReactNode } from "react";

/** A few controls that belong to a button and are gone again after. */
export function Popover({
  trigger,
  children,
  label,
  open,
  onOpen,
}: {
  trigger: ReactNode;
  children: ReactNode;
  label: string;
  open: boolean;
  onOpen: (open: boolean) => void;
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpen}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
          className="appear z-50 w-[min(300px,calc(100vw-16px))] rounded-lg border border-line bg-raised p-3 shadow-pop focus:outline-none"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
