import type { Status } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { Button } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { platform } from "@/platform";

/** Where the port is taken: one click moves the gateway to a free one. In the native window only. */
export function UsePort({ listener }: { listener: Status["listener"] }) {
  const move = useWrite((port: number) => platform.listenOn!(port), ["status"]);
  const port = listener.free_port;
  if (!platform.listenOn || port === null) return null;
  return (
    <>
      <Button size="sm" busy={move.isPending} onClick={() => move.mutate(port)} data-testid="use-port">
        Use port {port}
      </Button>
      {move.error && <ErrorNotice error={move.error} />}
    </>
  );
}
