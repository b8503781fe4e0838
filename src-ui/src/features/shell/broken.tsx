import { useRouter } from "@tanstack/react-router";
import { Unplug } from "lucide-react";
import { Button } from "@/components/controls";
import { Empty } from "@/components/notice";

/** A page that failed to draw must not take the console with it. */
export function Broken({ error }: { error?: unknown }) {
  const router = useRouter();
  return (
    <Empty
      icon={Unplug}
      title="This page failed"
      testid="page-broken"
      action={
        <Button onClick={() => void router.navigate({ to: "/" }).then(() => router.invalidate())}>
          Back to the overview
        </Button>
      }
    >
      {error instanceof Error ? error.message : "There is no such page."} The gateway itself is not affected.
    </Empty>
  );
}
