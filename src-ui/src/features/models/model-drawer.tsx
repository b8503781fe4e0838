import { Boxes } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useStatus } from "@/api/queries";
import { Badge } from "@/components/controls";
import { CodeBlock, CopyButton } from "@/components/copy";
import { Drawer } from "@/components/dialog";
import { Empty } from "@/components/notice";
import { Fact, Facts, Section } from "@/components/page";
import { curlLine, fallbackBaseUrl } from "@/features/keys/snippets";
import { count } from "@/lib/numbers";
import { hasEnded, type Listed } from "./filter";
import { PriceForm } from "./price-form";
import { Rerate } from "./rerate";
import { capability, mode, price, priceName, priceOrder } from "./words";

export function ModelDrawer({
  name,
  model,
  loading,
  onClose,
}: {
  name: string | undefined;
  model: Listed | undefined;
  loading: boolean;
  onClose: () => void;
}) {
  const status = useStatus();
  // Whose price was just changed: the past can be rated anew with it.
  const [changed, setChanged] = useState<{ name: string; at: number } | null>(null);
  const baseUrl = status.data?.base_url ?? fallbackBaseUrl(status.data);
  return (
    <Drawer
      open={name !== undefined}
      onClose={onClose}
      testid="model-drawer"
      title={model?.name ?? name}
      actions={
        model && (
          <CopyButton
            iconOnly
            variant="ghost"
            size="icon"
            text={model.name}
            label="Copy the model's name"
            data-testid="model-copy"
          />
        )
      }
    >
      {!model && !loading && (
        <Empty icon={Boxes} title="Not in the catalogue" testid="model-unknown">
          No price is known for this model, so its requests are recorded as unpriced: they count, but their cost does
          not.
        </Empty>
      )}
      {model && (
        <>
          <Section title="Model">
            <Facts>
              <Fact name="Name to send">
                <code className="break-all font-mono text-xs">{model.name}</code>
              </Fact>
              <Fact name="Kind">{mode(model.mode)}</Fact>
              <Fact name="Available">
                {model.available ? (
                  <Badge tone="ok">available</Badge>
                ) : (
                  <span className="text-muted">no configured provider serves it</span>
                )}
              </Fact>
              <Fact name="Context">{model.context === null ? unknown : `${count(model.context)} tokens`}</Fact>
              <Fact name="Max output">{model.max_output === null ? unknown : `${count(model.max_output)} tokens`}</Fact>
              {model.deprecates && (
                <Fact name={hasEnded(model) ? "Ended" : "Ends"}>
                  <Badge tone={hasEnded(model) ? "neutral" : "warn"}>{model.deprecates}</Badge>
                </Fact>
              )}
            </Facts>
            {model.capabilities.length > 0 && (
              <p className="mt-3 flex flex-wrap gap-1">
                {model.capabilities.map((id) => (
                  <Badge key={id}>{capability(id)}</Badge>
                ))}
              </p>
            )}
          </Section>
          <Section title="Prices" aside={model.overridden && <Badge tone="accent">your own price</Badge>}>
            <Prices prices={model.prices} />
            {model.tiers.map((tier) => (
              <div key={tier.above_tokens} className="mt-3">
                <h4 className="mb-1 text-muted text-xs">Above {count(tier.above_tokens)} input tokens</h4>
                <Prices prices={tier.prices} />
              </div>
            ))}
            <p className="mt-3 text-faint text-xs">
              From {model.source}, {model.source_version}
            </p>
          </Section>
          <Section title={model.overridden ? "Your own price" : "Set your own price"}>
            <PriceForm
              key={`${model.name}-${model.overridden}`}
              model={model}
              onChanged={() => setChanged({ name: model.name, at: Date.now() })}
            />
            {changed?.name === model.name && (
              <div className="mt-3">
                <Rerate key={changed.at} provider={model.provider} model={model.id} onDone={() => setChanged(null)} />
              </div>
            )}
          </Section>
          {model.mode === "chat" && (
            <Section title="Call it">
              <CodeBlock label="curl command" code={curlLine({ baseUrl, key: "$POSTERN_KEY", model: model.name })} />
            </Section>
          )}
        </>
      )}
    </Drawer>
  );
}

const unknown = <span className="text-faint">not known</span>;

function Prices({ prices }: { prices: Record<string, number | undefined> }) {
  const names = Object.keys(prices)
    .filter((name) => prices[name] !== undefined)
    .sort(priceOrder);
  if (names.length === 0) {
    return (
      <p className="text-muted">
        Unpriced: its requests are recorded without a cost, never as $0. Set a price below to have them counted.
      </p>
    );
  }
  return (
    <table className="w-full text-sm">
      <tbody>
        {names.map((name) => {
          const { amount, unit } = price(name, prices[name]!);
          return (
            <Row key={name} name={priceName(name)} unit={unit}>
              {amount}
            </Row>
          );
        })}
      </tbody>
    </table>
  );
}

const Row = ({ name, unit, children }: { name: string; unit: string; children: ReactNode }) => (
  <tr className="border-line border-b last:border-0">
    <th scope="row" className="py-1 pr-2 text-left font-normal text-muted">
      {name}
    </th>
    <td className="py-1 text-right font-medium">{children}</td>
    <td className="w-28 py-1 pl-2 text-faint text-xs">{unit}</td>
  </tr>
);
