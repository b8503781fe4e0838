// The console's outermost part: who may see it, and what it follows. Start here, then router.tsx for the pages.
import { QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { Toaster } from "sonner";
import { AccessContext, accessOf } from "@/api/access";
import type { Session } from "@/api/contract";
import { EventFeedContext, useEventSource } from "@/api/events";
import { makeQueryClient, useSession } from "@/api/queries";
import { TooltipProvider } from "@/components/tooltip";
import { doorOf } from "@/features/session/doors";
import { notice } from "@/features/session/enter";
import { Gate } from "@/features/session/gate";
import { InvitationPage } from "@/features/session/invitation";
import { ReturnFromElsewhere } from "@/features/session/signed-in";
import { useTheme } from "@/lib/theme";
import { router } from "./router";

export function App() {
  const [client] = useState(() => makeQueryClient(() => void client.invalidateQueries({ queryKey: ["session"] })));
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <Doorstep />
      </TooltipProvider>
      <Toasts />
    </QueryClientProvider>
  );
}

function Doorstep() {
  const session = useSession();
  const [door, through] = useDoor();
  if (door?.kind === "invitation") return <InvitationPage key={door.id} id={door.id} onDone={() => through("/")} />;
  if (door) return <ReturnFromElsewhere key={door.code} code={door.code} onDone={() => through(door.to)} />;
  if (session.data && !session.isError && notice(session.data) === null) return <Console session={session.data} />;
  return <Gate session={session} />;
}

/** The address that one came by, and the way on: a link that was used does not stay in the address. */
function useDoor() {
  const [door, setDoor] = useState(() => doorOf(window.location.hash));
  useEffect(() => {
    const onHash = () => setDoor(doorOf(window.location.hash));
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, []);
  const through = (to: string) => {
    router.history.replace(to);
    setDoor(null);
  };
  return [door, through] as const;
}

function Console({ session }: { session: Session }) {
  const access = useMemo(() => accessOf(session), [session]);
  const source = useEventSource(access.may("GET /console/events"));
  const { connection, watchRequests } = source;
  const feed = useMemo(() => ({ connection, watchRequests }), [connection, watchRequests]);
  return (
    <AccessContext value={access}>
      <EventFeedContext value={feed}>
        <RouterProvider router={router} context={{ client: useQueryClient() }} />
      </EventFeedContext>
    </AccessContext>
  );
}

function Toasts() {
  const theme = useTheme();
  return (
    <Toaster
      theme={theme}
      position="bottom-right"
      toastOptions={{
        className:
          "!rounded-lg !border-line !bg-raised !text-text !text-sm !shadow-pop !font-sans [overflow-wrap:anywhere]",
        classNames: { actionButton: "!h-7 !rounded-md !bg-accent !px-2.5 !font-medium !text-on-accent" },
      }}
    />
  );
}
