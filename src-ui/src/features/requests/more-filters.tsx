import { BILLINGS, type RequestFilter } from "@/api/log";
import type { By } from "@/api/spend";
import { Field, Input } from "@/components/field";
import { Select } from "@/components/select";
import { useSpent } from "@/features/pickers/use-spent";
import { WhoseFields } from "@/features/pickers/whose-fields";
import { useSettled } from "@/lib/use-hooks";
import { BILLING_WORDS } from "./filter-chips";

interface Props {
  filter: RequestFilter;
  set: (change: RequestFilter) => void;
}

type TextName = "end_user" | "project" | "session" | "tag" | "client" | "endpoint" | "q";

const ENDPOINTS = [
  "/v1/chat/completions",
  "/v1/messages",
  "/v1/responses",
  "/v1/completions",
  "/v1/embeddings",
  "/api/chat",
];

/** What one asks for now and then. */
export function MoreFilters({ filter, set }: Props) {
  return (
    <div
      className="grid max-h-[38vh] grid-cols-2 items-start gap-x-3 gap-y-2 overflow-y-auto rounded-lg border border-line bg-surface p-3 sm:grid-cols-3 lg:grid-cols-5"
      data-testid="more-filters"
    >
      <WhoseFields
        whose={filter}
        set={set}
        any={{ user: "Anybody", team: "Any team", organization: "Any" }}
        testid="filter"
      />
      <UsedFilter name="end_user" by="end_user" label="End user" filter={filter} set={set} />
      <UsedFilter name="project" by="project" label="Project" filter={filter} set={set} />
      <TextFilter name="session" label="Session" filter={filter} set={set} />
      <TextFilter name="tag" label="Tag" filter={filter} set={set} />
      <UsedFilter name="client" by="tool" label="Client" filter={filter} set={set} />
      <TextFilter name="endpoint" label="Endpoint" filter={filter} set={set} suggest={ENDPOINTS} />
      <Field label="Billing">
        {({ id }) => (
          <Select
            id={id}
            any="Any"
            testid="filter-billing"
            className="w-full"
            options={BILLING_WORDS}
            value={filter.billing ?? ""}
            onChange={(next) => set({ billing: BILLINGS.find((billing) => billing === next) })}
          />
        )}
      </Field>
      <Field label="Price">
        {({ id }) => (
          <Select
            id={id}
            any="Priced or not"
            testid="filter-unpriced"
            className="w-full"
            options={[
              { value: "true", label: "Unpriced only" },
              { value: "false", label: "Priced only" },
            ]}
            value={filter.unpriced === undefined ? "" : String(filter.unpriced)}
            onChange={(next) => set({ unpriced: next === "" ? undefined : next === "true" })}
          />
        )}
      </Field>
      <StatusFilter filter={filter} set={set} />
      <div className="col-span-2">
        <TextFilter
          name="q"
          label="In requests and answers"
          hint='Where they are kept: all of these words, inv* for a beginning, "in this order".'
          filter={filter}
          set={set}
        />
      </div>
    </div>
  );
}

function TextFilter({
  name,
  label,
  hint,
  filter,
  set,
  suggest,
  onFocus,
}: Props & { name: TextName; label: string; hint?: string; suggest?: string[]; onFocus?: () => void }) {
  const [typed, setTyped] = useSettled(filter[name] ?? "", (value) => set({ [name]: value.trim() || undefined }));
  return (
    <Field label={label} hint={hint}>
      {(control) => (
        <>
          <Input
            {...control}
            data-testid={`filter-${name}`}
            placeholder="any"
            onFocus={onFocus}
            list={suggest && `${control.id}-list`}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          {suggest && (
            <datalist id={`${control.id}-list`}>
              {suggest.map((value) => (
                <option key={value} value={value} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

/** Suggests what was used lately, once somebody is about to say one. */
function UsedFilter({ by, ...rest }: Props & { name: TextName; label: string; by: By }) {
  const { options, onOpen } = useSpent(by);
  return <TextFilter {...rest} suggest={options.map(({ value }) => value)} onFocus={onOpen} />;
}

const status = (text: string) => (/^[1-5]\d\d$/.test(text.trim()) ? Number(text) : undefined);

function StatusFilter({ filter, set }: Props) {
  const [typed, setTyped] = useSettled(String(filter.http_status ?? ""), (value) =>
    set({ http_status: status(value) }),
  );
  const wrong = typed.trim().length >= 3 && status(typed) === undefined;
  return (
    <Field label="HTTP status" error={wrong ? "Such as 429." : null}>
      {(control) => (
        <Input
          {...control}
          inputMode="numeric"
          data-testid="filter-http_status"
          placeholder="any"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      )}
    </Field>
  );
}
