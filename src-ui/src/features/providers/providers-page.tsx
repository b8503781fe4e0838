import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plug, Plus } from "lucide-react";
import { useState } from "react";
import type { Provider } from "@/api/contract";
import { usePresets, useProviders } from "@/api/queries";
import { Button, Card, Skeleton } from "@/components/controls";
import { Empty, ErrorNotice } from "@/components/notice";
import { Page } from "@/components/page";
import { AddProvider } from "./add-provider";
import { EditProvider } from "./edit-provider";
import { ProviderRow } from "./provider-row";
import { RemoveProvider } from "./remove-provider";

export function ProvidersPage() {
  const { add } = useSearch({ from: "/providers" });
  const navigate = useNavigate({ from: "/providers" });
  const providers = useProviders();
  const presets = usePresets();
  const [editing, setEditing] = useState<Provider | null>(null);
  const [removing, setRemoving] = useState<Provider | null>(null);
  const setAdding = (open: boolean) => void navigate({ search: { add: open || undefined } });
  const own = providers.data?.filter((provider) => !provider.built_in) ?? [];
  const addButton = (
    <Button variant="primary" data-testid="add-provider" onClick={() => setAdding(true)}>
      <Plus className="size-4" /> Add provider
    </Button>
  );

  return (
    <Page
      title="Providers"
      description="Where requests are sent. Their keys stay in the vault and are never shown again."
      actions={addButton}
    >
      {providers.error && !providers.data && (
        <ErrorNotice error={providers.error} onRetry={() => void providers.refetch()} />
      )}
      {providers.isPending && (
        <Card aria-hidden className="divide-y divide-line">
          {[0, 1, 2].map((line) => (
            <div key={line} className="flex h-[72px] items-center gap-3 px-4">
              <Skeleton className="size-8" />
              <Skeleton className="w-48" />
            </div>
          ))}
        </Card>
      )}
      {providers.data && providers.data.length > 0 && (
        <Card className="divide-y divide-line">
          {providers.data.map((provider) => (
            <ProviderRow
              key={provider.id}
              provider={provider}
              preset={presets.data?.find(({ id }) => id === provider.preset)}
              onEdit={() => setEditing(provider)}
              onRemove={() => setRemoving(provider)}
            />
          ))}
        </Card>
      )}
      {providers.data && own.length === 0 && (
        <Card>
          <Empty
            icon={Plug}
            title={providers.data.length > 0 ? "Only the built-in demo so far" : "No provider yet"}
            testid="providers-empty"
            className="py-10"
            action={
              <Button onClick={() => setAdding(true)}>
                <Plus className="size-4" /> Add provider
              </Button>
            }
          >
            Your providers appear here with the state of their credential. Add one with its API key, or a local server
            without.
          </Empty>
        </Card>
      )}
      <AddProvider
        open={add === true}
        onClose={() => setAdding(false)}
        taken={providers.data?.map((p) => p.name) ?? []}
      />
      {editing && <EditProvider provider={editing} onClose={() => setEditing(null)} />}
      {removing && <RemoveProvider provider={removing} onClose={() => setRemoving(null)} />}
    </Page>
  );
}
