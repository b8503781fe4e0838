import { Boxes, ChartColumn, KeyRound, type LucideIcon, Plug, ScrollText, Settings } from "lucide-react";

export interface PageLink {
  to: "/" | "/requests" | "/models" | "/providers" | "/keys" | "/settings";
  id: string;
  label: string;
  icon: LucideIcon;
}

export const PAGES: PageLink[] = [
  { to: "/", id: "overview", label: "Overview", icon: ChartColumn },
  { to: "/requests", id: "requests", label: "Requests", icon: ScrollText },
  { to: "/models", id: "models", label: "Models", icon: Boxes },
  { to: "/providers", id: "providers", label: "Providers", icon: Plug },
  { to: "/keys", id: "keys", label: "Keys", icon: KeyRound },
  { to: "/settings", id: "settings", label: "Settings", icon: Settings },
];
