import { Ellipsis, FlaskConical, Pencil, Trash2 } from "lucide-react";
import type { Preset, Provider } from "@/api/contract";
import { useWrite } from "@/api/queries";
import { testProvider, updateProvider } from "@/api/routes";
import { Badge, Button, Dot, Switch } from "@/components/controls";
import { Menu, MenuItem, MenuLine } from "@/components/menu";
import { ErrorNotice } from "@/components/notice";
import { cn } from "@/lib/cn";
import { formatName } from "@/lib/formats";
import { plural } from "@/lib/numbers";
import { billWord } from "./bill";
import { CircuitLine } from "./circuit-line";
import { credentialState } from "./credential";
import { Monogram } from "./monogram";
import { toldSettings } from "./settings";
import { TestResult } from "./test-result";

const TROUBLE: Provider["credential"]["state"][] = ["refused", "missing", "unavailable"];

export function ProviderRow({
  provider,
  preset,
  onEdit,
  onRemove,
}: {
  provider: Provider;
  /** Absent while the presets are being read, and for the built-in one. */
  preset: Preset | undefined;
  onEdit: () => void;
  onRemove: () => void;
}) {
  const test = useWrite(() => testProvider(provider.id), ["providers"]);
  const toggle = useWrite((enabled: boolean) => updateProvider(provider.id, { enabled }), ["providers", "catalogue"]);
  const credential = credentialState(provider.credential, preset);
  const { address } = provider;
  const bill = billWord(provider);
  const told = toldSettings(provider.settings, preset?.settings);
  // A refused key is explained below; an old test would only say it twice.
  const explained = provider.credential.detail !== null && TROUBLE.includes(provider.credential.state);
  const result = test.data ?? (explained ? null : provider.last_test);
  const enabled = toggle.isPending ? toggle.variables : provider.enabled;
  return (
    <div data-testid="provider-row" data-name={provider.name} className="px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 sm:grid sm:grid-cols-[auto_minmax(0,1fr)_minmax(0,0.7fr)_160px]">
        <Monogram label={provider.label} className={cn(!enabled && "border-dashed")} />
        <div className={cn("min-w-0 flex-1 basis-0 sm:basis-56", !enabled && "text-muted")}>
          <div className="flex min-w-0 items-center gap-2">
            <h2 className="truncate font-medium" title={provider.name}>
              {provider.name}
            </h2>
            {provider.label.toLowerCase() !== provider.name.toLowerCase() && (
              <span className="truncate text-faint text-xs">{provider.label}</span>
            )}
            {provider.built_in && <Badge>built in</Badge>}
            {!enabled && <Badge>off</Badge>}
            {bill && <Badge data-testid="provider-bill">{bill}</Badge>}
          </div>
          <p
            className="flex min-w-0 text-faint text-xs max-sm:flex-wrap"
            title={address}
            data-testid="provider-address"
          >
            <span className="truncate">
              {provider.built_in ? "Answers inside this gateway, costs nothing" : address}
            </span>
            <span className="truncate sm:shrink-0">
              <span className="whitespace-pre max-sm:hidden"> · </span>
              {formatName(provider.format)} · {plural(provider.models, "model")}
            </span>
          </p>
          {told.length > 0 && (
            <p className="truncate text-faint text-xs" data-testid="provider-settings">
              {told.map(({ name, label, value }, index) => (
                <span key={name}>
                  {index > 0 && " · "}
                  {label}: <span className="text-muted">{value}</span>
                </span>
              ))}
            </p>
          )}
        </div>
        <div className="grid min-w-0 flex-1 basis-48 gap-0.5 max-sm:order-3 max-sm:basis-full max-sm:pl-12">
          <p
            className="flex min-w-0 items-center gap-1.5 text-xs"
            title={provider.credential.detail ?? credential.text}
            data-testid="credential"
          >
            <Dot tone={credential.tone} />
            <span className={cn("truncate", credential.tone === "bad" && "text-bad")}>{credential.text}</span>
          </p>
          {result && <TestResult test={result} fresh={test.data !== undefined} />}
        </div>
        <div className="flex items-center justify-end gap-1.5 max-sm:gap-1">
          <Button size="sm" busy={test.isPending} onClick={() => test.mutate(undefined)} data-testid="provider-test">
            <FlaskConical className="size-3.5" /> <span className="max-sm:sr-only">Test</span>
          </Button>
          {!provider.built_in && (
            <>
              <Menu
                trigger={
                  <Button
                    variant="ghost"
                    size="icon"
                    aria-label={`More for ${provider.name}`}
                    data-testid="provider-menu"
                  >
                    <Ellipsis className="size-4" />
                  </Button>
                }
              >
                <MenuItem onSelect={onEdit} data-testid="provider-edit">
                  <Pencil aria-hidden className="size-4 text-faint" /> Edit
                </MenuItem>
                <MenuLine />
                <MenuItem danger onSelect={onRemove} data-testid="provider-remove">
                  <Trash2 aria-hidden className="size-4" /> Remove
                </MenuItem>
              </Menu>
              <Switch
                checked={enabled}
                onCheckedChange={(on) => toggle.mutate(on)}
                aria-label={`${provider.name} is used for requests`}
                data-testid="provider-enabled"
              />
            </>
          )}
        </div>
      </div>
      {provider.circuit && enabled && <CircuitLine circuit={provider.circuit} />}
      {explained && (
        <p className="mt-2 flex flex-wrap items-center gap-2 pl-12 text-muted text-xs">
          {provider.credential.detail}
          {provider.credential.state !== "unavailable" && (
            <Button size="sm" onClick={onEdit}>
              {provider.credential.state === "missing" ? "Add the key" : "Replace the key"}
            </Button>
          )}
        </p>
      )}
      {(toggle.error ?? test.error) && <ErrorNotice error={toggle.error ?? test.error} className="mt-2" />}
    </div>
  );
}
