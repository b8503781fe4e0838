import { platform } from "@/platform";
import { useStatus } from "./queries";

/**
 * Where a browser finds the page that is open, for what the native window cannot do. Null in a browser, and while the gateway is
 * stopped.
 */
export function useBrowserAddress() {
  const status = useStatus();
  const base = status.data?.base_url;
  return platform.kind === "window" && base ? () => platform.openExternal(`${base}/ui/${window.location.hash}`) : null;
}
