import { useNavigate } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { useAccess } from "@/api/access";
import { Button } from "@/components/controls";
import { Empty } from "@/components/notice";
import { type PageLink, usePages } from "./pages";
import { whoIs } from "./who";

/** A page that is not for whoever is signed in; its address may come from somebody for whom it is. */
export function Closed({ page }: { page: PageLink }) {
  const navigate = useNavigate();
  const { session } = useAccess();
  const [first] = usePages();
  return (
    <Empty
      icon={Lock}
      title={`“${page.label}” is not open to you`}
      testid="page-closed"
      action={first && <Button onClick={() => void navigate({ to: first.to })}>Go to {first.label}</Button>}
    >
      You are signed in as {whoIs(session)}. Whoever administers the gateway can give you another role, or tell you what
      you look for.
    </Empty>
  );
}
