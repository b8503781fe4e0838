import type { RequestDetail } from "@/api/contract";
import { price, priceName, priceSource } from "@/features/models/words";
import { moneyExact } from "@/lib/money";
import { count } from "@/lib/numbers";

/** Input includes what the cache served and stored, output includes reasoning: the parts are indented below. */
export function TokenTable({ detail }: { detail: RequestDetail }) {
  if (detail.usage_source === "none") return <p className="text-muted text-sm">None were used or reported.</p>;
  const lines = [
    { name: "Input", value: detail.input_tokens, part: false },
    { name: "read from the cache", value: detail.cache_read_tokens, part: true },
    { name: "written to the cache", value: detail.cache_write_tokens, part: true },
    { name: "Output", value: detail.output_tokens, part: false },
    { name: "reasoning", value: detail.reasoning_tokens, part: true },
  ].filter((line) => !line.part || line.value > 0);
  return (
    <table className="w-full text-sm">
      <tbody>
        {lines.map((line) => (
          <tr key={line.name} className="border-line border-b last:border-0">
            <th
              scope="row"
              className={
                line.part ? "py-1 pl-4 text-left font-normal text-faint" : "py-1 text-left font-normal text-muted"
              }
            >
              {line.part ? `of it ${line.name}` : line.name}
            </th>
            <td className={line.part ? "py-1 text-right text-muted" : "py-1 text-right font-medium"}>
              {count(line.value)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Line by line, with every digit; what has no price says so, which is not the same as costing nothing. */
export function CostTable({ detail }: { detail: RequestDetail }) {
  const { billing, cost_nanos, bills } = detail;
  // What a provider reports has no price for each kind of token: those are told above, with all that was used.
  const reported = detail.price_source === "provider";
  const cost_lines = detail.cost_lines.filter((line) => !reported || line.cost_nanos !== null);
  if (billing === "local" && bills.length === 0)
    return <p className="text-muted text-sm">Local: it ran on this machine and costs nothing.</p>;
  const flat = billing === "subscription";
  const total = flat ? detail.covered_nanos : cost_nanos;
  const none = cost_lines.length === 0 && bills.length === 0;
  if (!flat && none && cost_nanos === 0) return <p className="text-muted text-sm">$0.00: nothing was used.</p>;
  return (
    <>
      {flat && (
        <p className="mb-2 text-muted text-sm" data-testid="cost-covered">
          Covered by a subscription: no charge per token.
          {detail.covered_nanos !== null && " By the token it would have cost this much:"}
        </p>
      )}
      {!flat && cost_nanos === null && (
        <p className="mb-2 text-muted text-sm" data-testid="cost-unpriced">
          <strong className="font-medium text-text">Unpriced.</strong> No price is known for{" "}
          {none ? "this model" : "all that was used"}, so nothing was added to your spend. Set one under Models; what
          was before can be rated anew.
        </p>
      )}
      {(!none || (flat && total !== null)) && (
        <table className="w-full text-sm" data-testid="cost-lines">
          <thead className="text-2xs text-faint">
            <tr>
              <th scope="col" className="pb-1 text-left font-normal">
                What
              </th>
              <th scope="col" className="pb-1 text-right font-normal">
                Count
              </th>
              <th scope="col" className="pb-1 text-right font-normal">
                Price
              </th>
              <th scope="col" className="pb-1 text-right font-normal">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {cost_lines.map((line, index) => (
              <Line key={`${line.kind}-${index}`} line={line} />
            ))}
            <Bills bills={bills} />
            {total !== null && (
              <tr className="border-line-strong border-t font-medium">
                <th scope="row" colSpan={3} className="py-1 text-left font-medium">
                  {flat ? "Covered" : "Total"}
                </th>
                <td className="py-1 text-right" data-testid="cost-total">
                  {moneyExact(total)}
                </td>
              </tr>
            )}
          </tbody>
        </table>
      )}
      {detail.price_source && (
        <p className="mt-2 text-faint text-xs">{priceSource(detail.price_source, detail.price_version)}</p>
      )}
    </>
  );
}

const notPriced = <span className="text-warn text-xs">not priced</span>;

/** What a provider's discount or mark-up makes of the lines above it. */
const ADJUSTS = ["discount", "mark_up"];
const hasCount = (kind: string) => ![...ADJUSTS, "fee"].includes(kind) && !kind.startsWith("reported");

function Line({ line }: { line: RequestDetail["cost_lines"][number] }) {
  const { kind, tokens, price_pico, cost_nanos } = line;
  const adjusts = ADJUSTS.includes(kind);
  const of = price_pico === null || adjusts ? null : price(kind, price_pico);
  return (
    <tr className="border-line border-t" data-testid="cost-line">
      <th scope="row" className="py-1 text-left font-normal text-muted">
        {priceName(kind)}
        {adjusts && <span className="text-faint"> of this provider</span>}
      </th>
      <td className="py-1 text-right">{hasCount(kind) ? count(tokens) : ""}</td>
      <td className="whitespace-nowrap py-1 pl-2 text-right">
        {of && (
          <>
            {of.amount} <span className="text-2xs text-faint">{of.unit.replace(" tokens", "")}</span>
          </>
        )}
      </td>
      <td className="py-1 pl-2 text-right">{cost_nanos === null ? notPriced : moneyExact(cost_nanos)}</td>
    </tr>
  );
}

/** Calls that were given up for a faster deployment: what they had read is paid for, too. */
function Bills({ bills }: { bills: RequestDetail["bills"] }) {
  return bills.map((bill, index) => (
    <tr key={index} className="border-line border-t" data-testid="bill">
      <th scope="row" className="py-1 text-left font-normal text-muted">
        {bill.upstream_model} at {bill.provider}, given up{bill.estimated && " (estimated)"}
      </th>
      <td className="py-1 text-right">{count(bill.input_tokens + bill.output_tokens)}</td>
      <td />
      <td className="py-1 text-right">{bill.cost_nanos === null ? notPriced : moneyExact(bill.cost_nanos)}</td>
    </tr>
  ));
}
