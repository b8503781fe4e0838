import { useAccess } from "@/api/access";
import type { FullKey } from "@/api/governance-keys";
import { Badge } from "@/components/controls";
import { CodeBlock, CopyText } from "@/components/copy";
import { Fact, Facts, Section } from "@/components/page";
import { UsageBar } from "@/components/usage-bar";
import { AliasWords } from "@/features/advanced/alias-words";
import { limitsOf } from "@/features/limits/limits";
import { LiveUsage, useLiveLimits } from "@/features/limits/live-usage";
import { makerName, personNote } from "@/features/people/names";
import { useOrganizationOptions } from "@/features/people/use-choices";
import { useTeamNames } from "@/features/pickers/use-found";
import { dollars } from "@/lib/money";
import { count, plural } from "@/lib/numbers";
import { period } from "@/lib/period";
import { fullTime, relative } from "@/lib/time";
import { useNow } from "@/lib/use-hooks";
import { RULES } from "./keeping";
import { budgetOf, KINDS, kindOf, ownerOf } from "./key-state";

export function KeyFacts({ row }: { row: FullKey }) {
  const now = useNow();
  return (
    <>
      <Money row={row} now={now} />
      <Section title="May use">
        <Facts>
          <Fact name="Models">{row.models.length === 0 ? "All models" : <Words words={row.models} />}</Fact>
          <Fact name="For">
            {kindOf(row.allowed_routes) === "custom" ? (
              <Words words={row.allowed_routes} />
            ) : (
              (KINDS.find(({ value }) => value === kindOf(row.allowed_routes))?.label ?? "Everything its owner may")
            )}
          </Fact>
          {Object.keys(row.aliases).length > 0 && (
            <Fact name="Aliases">
              <AliasWords aliases={row.aliases} />
            </Fact>
          )}
          <Fact name="Requests / min">{rate(row.rpm_limit)}</Fact>
          <Fact name="Tokens / min">{rate(row.tpm_limit)}</Fact>
          <Fact name="At once">{rate(row.max_parallel_requests)}</Fact>
        </Facts>
      </Section>
      <ByModel row={row} />
      <Belongs row={row} />
      <Rotation row={row} now={now} />
      <Kept row={row} />
      <About row={row} now={now} />
    </>
  );
}

const none = <span className="text-faint">none</span>;
const rate = (limit: number | null) => (limit === null ? <span className="text-faint">no limit</span> : count(limit));
const Words = ({ words }: { words: string[] }) => (
  <span className="flex flex-wrap gap-1">
    {words.map((word) => (
      <Badge key={word} className="h-auto min-h-5 whitespace-normal break-all font-normal">
        {word}
      </Badge>
    ))}
  </span>
);

function When({ at, now }: { at: string | null; now: number }) {
  return at ? <span title={fullTime(at)}>{relative(at, now)}</span> : <span className="text-faint">never</span>;
}

function Money({ row, now }: { row: FullKey; now: number }) {
  const budget = budgetOf(row, now);
  const more = budget !== null && row.max_budget !== null && budget > row.max_budget;
  const named = row.litellm_budget_table;
  return (
    <Section title="Spend">
      {row.deleted_at ? (
        <p className="text-sm">{dollars(row.spend)}</p>
      ) : (
        <LiveUsage of="key" id={row.token} row={{ ...row, max_budget: budget }} testid="key-drawer-spend" />
      )}
      {more && (
        <p className="mt-2 text-muted text-xs" data-testid="key-temporary">
          {dollars(row.max_budget!)} and {dollars(row.temp_budget_increase!)} more, which end{" "}
          <When at={row.temp_budget_expiry} now={now} />.
        </p>
      )}
      {row.budget_id && named && (
        <p className="mt-2 text-muted text-xs">
          What is not said of this key comes from the budget <code className="font-mono">{row.budget_id}</code>
          {named.max_budget !== null && `: ${dollars(named.max_budget)}`}
          {named.budget_duration && ` per ${period(named.budget_duration).replace(/^an? /, "")}`}.
        </p>
      )}
    </Section>
  );
}

/** Single models' budgets with what was spent of them, and their rates. */
function ByModel({ row }: { row: FullKey }) {
  const { models } = limitsOf(row);
  const live = useLiveLimits("key", row.deleted_at ? undefined : row.token);
  // Where the gateway tells of this moment, they are among the bars above.
  if (models.length === 0 || live.data?.some(({ model }) => model !== null)) return null;
  const spent = (model: string) => {
    const value = row.model_spend[model];
    return typeof value === "number" ? value : 0;
  };
  return (
    <Section title="Limits by model">
      <div className="grid gap-3">
        {models.map((line) => (
          <div key={line.model} className="min-w-0" data-testid="key-model-limit">
            <p className="truncate text-sm" title={line.model}>
              {line.model}
            </p>
            {line.budget !== "" && (
              <UsageBar
                name={`Budget of ${line.model}`}
                used={spent(line.model)}
                limit={Number(line.budget)}
                period={line.period || null}
              />
            )}
            {(line.rpm || line.tpm) && (
              <p className="text-faint text-xs">
                {[
                  line.rpm && `${count(Number(line.rpm))} requests/min`,
                  line.tpm && `${count(Number(line.tpm))} tokens/min`,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </p>
            )}
          </div>
        ))}
      </div>
    </Section>
  );
}

function Belongs({ row }: { row: FullKey }) {
  const { may } = useAccess();
  const teamName = useTeamNames(row.team_id !== null && may("GET /v2/team/list"));
  const organizations = useOrganizationOptions();
  const { person, team } = ownerOf(row, teamName);
  const organization = organizations.find(({ value }) => value === row.organization_id)?.label ?? row.organization_id;
  return (
    <Section title="Belongs to">
      <Facts>
        <Fact name="User">
          {person ?? <span className="text-faint">nobody</span>}
          {row.user && personNote(row.user) && <p className="text-faint text-xs">{personNote(row.user)}</p>}
        </Fact>
        <Fact name="Team">{team ?? none}</Fact>
        <Fact name="Organization">{organization ?? none}</Fact>
      </Facts>
    </Section>
  );
}

function Rotation({ row, now }: { row: FullKey; now: number }) {
  return (
    <Section title="Secret">
      <Facts>
        <Fact name="Ends in">
          <span className="font-mono text-xs">{row.key_name.slice(-4)}</span>
        </Fact>
        <Fact name="Rotation">
          {row.auto_rotate && row.rotation_interval ? (
            <>
              every {period(row.rotation_interval).replace(/^an? /, "")}, next{" "}
              <When at={row.key_rotation_at} now={now} />
            </>
          ) : (
            <span className="text-faint">only by hand</span>
          )}
        </Fact>
        {row.rotation_count > 0 && (
          <Fact name="Renewed">
            {row.rotation_count === 1 ? "once" : `${count(row.rotation_count)} times`}, last{" "}
            <When at={row.last_rotation_at} now={now} />
          </Fact>
        )}
        {row.previous_key_until && (
          <Fact name="The one before">
            <span className="text-warn">
              is taken until <When at={row.previous_key_until} now={now} />
            </span>
          </Fact>
        )}
        <Fact name="Expires">
          <When at={row.expires} now={now} />
        </Fact>
      </Facts>
    </Section>
  );
}

/** What is kept of what is asked and answered. */
function Kept({ row }: { row: FullKey }) {
  const days = row.keep_bodies_days;
  const rules = RULES.filter(({ value }) => row.redact.includes(value)).map(({ label }) => label);
  return (
    <Section title="Requests and answers">
      <Facts>
        <Fact name="Kept" testid="key-kept">
          {days ? `for ${plural(days, "day")}` : <span className="text-faint">not at all</span>}
        </Fact>
        {days !== null && <Fact name="Taken out">{rules.length > 0 ? <Words words={rules} /> : none}</Fact>}
        {row.redact_patterns.length > 0 && (
          <Fact name="And matches of">
            <span className="grid gap-1">
              {row.redact_patterns.map((pattern) => (
                <code key={pattern} className="break-all font-mono text-xs">
                  {pattern}
                </code>
              ))}
            </span>
          </Fact>
        )}
      </Facts>
    </Section>
  );
}

function About({ row, now }: { row: FullKey; now: number }) {
  const metadata = Object.keys(row.metadata).filter((name) => name !== "tags" && !name.startsWith("model_"));
  return (
    <Section title="About">
      <Facts>
        <Fact name="Last used">
          <When at={row.last_used_at} now={now} />
        </Fact>
        <Fact name="Made">
          <When at={row.created_at} now={now} /> by {makerName(row.created_by)}
        </Fact>
        {row.deleted_at && (
          <Fact name="Revoked">
            <When at={row.deleted_at} now={now} /> by {row.deleted_by ? makerName(row.deleted_by) : "somebody"}
          </Fact>
        )}
        <Fact name="Tags">{row.tags.length > 0 ? <Words words={row.tags} /> : none}</Fact>
        <Fact name="Id">
          <CopyText text={row.key_id} label="key id" className="text-xs" />
        </Fact>
        <Fact name="Hash">
          <CopyText text={row.token} shown={`${row.token.slice(0, 12)}…`} label="hash" className="text-xs" />
        </Fact>
      </Facts>
      {metadata.length > 0 && (
        <div className="mt-3">
          <CodeBlock
            label="Metadata"
            code={JSON.stringify(Object.fromEntries(metadata.map((name) => [name, row.metadata[name]])), null, 2)}
          />
        </div>
      )}
    </Section>
  );
}
