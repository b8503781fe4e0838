import { Tabs as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";

export interface Tab {
  id: string;
  label: string;
  count?: number;
  content: ReactNode;
}

/** Parts of a detail, one at a time. What is typed in one stays there while another is looked at. */
export function Tabs({ tabs, label, testid }: { tabs: Tab[]; label: string; testid: string }) {
  const [chosen, setChosen] = useState(tabs[0]?.id ?? "");
  const shown = tabs.some(({ id }) => id === chosen) ? chosen : (tabs[0]?.id ?? "");
  return (
    <Radix.Root value={shown} onValueChange={setChosen}>
      <Radix.List
        aria-label={label}
        className="sticky top-0 z-20 flex gap-1 overflow-x-auto border-line border-b bg-surface px-4"
      >
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            data-testid={`${testid}-tab-${tab.id}`}
            className="-mb-px shrink-0 border-transparent border-b-2 px-2.5 py-2 text-muted text-sm hover:text-text focus-visible:outline-offset-[-2px] data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-text"
          >
            {tab.label}
            {tab.count !== undefined && <span className="ml-1.5 text-faint text-xs">{tab.count}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content
          key={tab.id}
          value={tab.id}
          forceMount
          className="focus-visible:outline-offset-[-2px] data-[state=inactive]:hidden"
        >
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
