// The console's outermost part: who may see it, and what it follows. Start here, then router.tsx for the pages.
import { QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { Toaster } from "sonner";
import { EventFeedContext, useEventSource } from "@/api/events";
import { makeQueryClient, useSession } from "@/api/queries";
import { TooltipProvider } from "@/components/tooltip";
import { Gate } from "@/features/session/gate";
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
  if (session.data?.role === "admin" && !session.isError) return <Console />;
  return <Gate session={session} />;
}

function Console() {
  const source = useEventSource();
  const { connection, watchRequests } = source;
  const feed = useMemo(() => ({ connection, watchRequests }), [connection, watchRequests]);
  return (
    <EventFeedContext value={feed}>
      <RouterProvider router={router} context={{ client: useQueryClient() }} />
    </EventFeedContext>
  );
}

function Toasts() {
  const theme = useTheme();
  return (
    <Toaster
      theme={theme}
      position="bottom-right"
      toastOptions={{ className: "!rounded-lg !border-line !bg-raised !text-text !text-sm !shadow-pop !font-sans" }}
    />
  );
}
