import { toast } from "sonner";
import { platform, type Saved } from "@/platform";

const failed = (error: unknown) => void toast.error(error instanceof Error ? error.message : String(error));

/**
 * Says where a file is, and shows it there. Nothing is said in a browser, which does both by itself. What kept it from being
 * saved is said in either.
 */
export async function tellSaved(saving: Promise<Saved>): Promise<void> {
  try {
    const path = await saving;
    const { show } = platform.files;
    if (path === null || !show) return;
    toast.success(`Saved to ${path}`, {
      // Above a dialog, which takes the pointer from all else, it can be answered, too.
      className: "!pointer-events-auto",
      // Long enough to read a path and to reach for the button.
      duration: 12_000,
      action: { label: "Show", onClick: () => void show(path).catch(failed) },
    });
  } catch (error) {
    failed(error);
  }
}
