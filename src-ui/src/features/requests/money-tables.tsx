import type { RequestDetail } from "@/api/contract";
import { priceName } from "@/features/models/words";
import { moneyExact, perMillion } from "@/lib/money";
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

export function CostTable({ detail }: { detail: RequestDetail }) {
  if (detail.billing === "local" && detail.bills.length === 0)
    return <p className="text-muted text-sm">Local: it ran on this machine and costs nothing.</p>;
  if (detail.billing === "subscription")
    return <p className="text-muted text-sm">Covered by a subscription: no charge per token.</p>;
  if (detail.cost_nanos === null) {
    return (
      <>
        <p className="text-muted text-sm">
          <strong className="font-medium text-text">Unpriced.</strong> No price is known for{" "}
          {detail.bills.length > 0 ? "all that was asked" : "this model"}, so nothing was added to your spend. Set one
          under Models; it counts for requests from then on.
        </p>
        {detail.bills.length > 0 && (
          <table className="mt-2 w-full text-sm">
            <tbody>
              <Bills bills={detail.bills} />
            </tbody>
          </table>
        )}
      </>
    );
  }
  if (detail.cost_lines.length === 0 && detail.cost_nanos === 0)
    return <p className="text-muted text-sm">$0.00: nothing was used.</p>;
  return (
    <>
      <table className="w-full text-sm" data-testid="cost-lines">
        <thead className="text-2xs text-faint">
          <tr>
            <th scope="col" className="pb-1 text-left font-normal">
              Kind
            </th>
            <th scope="col" className="pb-1 text-right font-normal">
              Tokens
            </th>
            <th scope="col" className="pb-1 text-right font-normal">
              per 1M
            </th>
            <th scope="col" className="pb-1 text-right font-normal">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {detail.cost_lines.map((line) => (
            <tr key={line.kind} className="border-line border-t">
              <th scope="row" className="py-1 text-left font-normal text-muted">
                {priceName(line.kind)}
              </th>
              <td className="py-1 text-right">{count(line.tokens)}</td>
              <td className="py-1 text-right">{perMillion(line.price_pico)}</td>
              <td className="py-1 text-right">{moneyExact(line.cost_nanos)}</td>
            </tr>
          ))}
          <Bills bills={detail.bills} />
          <tr className="border-line-strong border-t font-medium">
            <th scope="row" colSpan={3} className="py-1 text-left font-medium">
              Total
            </th>
            <td className="py-1 text-right" data-testid="cost-total">
              {moneyExact(detail.cost_nanos)}
            </td>
          </tr>
        </tbody>
      </table>
      {detail.price_source && (
        <p className="mt-2 text-faint text-xs">
          Price from {detail.price_source}
          {detail.price_version && `, ${detail.price_version}`}
        </p>
      )}
    </>
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
      <td className="py-1 text-right">{bill.cost_nanos === null ? "unpriced" : moneyExact(bill.cost_nanos)}</td>
    </tr>
  ));
}
