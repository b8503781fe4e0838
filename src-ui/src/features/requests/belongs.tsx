import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAccess } from "@/api/access";
import type { RequestDetail } from "@/api/contract";
import type { RequestFilter } from "@/api/log";
import { Fact, Facts } from "@/components/page";
import { useFoundTeams, useFoundUsers } from "@/features/pickers/use-found";

/** Whose it was and what for. Each is the way to the others of the same. */
export function Belongs({ detail }: { detail: RequestDetail }) {
  const { may } = useAccess();
  const { user_id, team_id, end_user, project, session, tags } = detail;
  return (
    <Facts>
      <Fact name="Key">
        <Same filter={{ key_id: detail.key_id ?? "administrator" }}>{detail.key_name}</Same>
      </Fact>
      <Fact name="Client">
        {detail.client ? (
          <Same filter={{ client: detail.client }}>{detail.client}</Same>
        ) : (
          <span className="text-faint">did not say</span>
        )}
      </Fact>
      {user_id && (
        <Fact name="User">
          <Same filter={{ user_id }}>{may("GET /user/list") ? <UserName id={user_id} /> : user_id}</Same>
        </Fact>
      )}
      {team_id && (
        <Fact name="Team">
          <Same filter={{ team_id }}>{may("GET /v2/team/list") ? <TeamName id={team_id} /> : team_id}</Same>
        </Fact>
      )}
      {end_user && (
        <Fact name="End user">
          <Same filter={{ end_user }}>{end_user}</Same>
        </Fact>
      )}
      {project && (
        <Fact name="Project" testid="request-project">
          <Same filter={{ project }}>{project}</Same>
        </Fact>
      )}
      {session && (
        <Fact name="Session" testid="request-session">
          <Same filter={{ session }}>{session}</Same>
        </Fact>
      )}
      {tags.length > 0 && (
        <Fact name="Tags" testid="request-tags">
          <span className="flex flex-wrap gap-x-3">
            {tags.map((tag) => (
              <Same key={tag} filter={{ tag }}>
                {tag}
              </Same>
            ))}
          </span>
        </Fact>
      )}
    </Facts>
  );
}

const Same = ({ filter, children }: { filter: RequestFilter; children: ReactNode }) => (
  <Link
    to="/requests"
    search={filter}
    title="Show its requests only"
    className="break-all rounded text-accent-text underline-offset-2 hover:underline"
  >
    {children}
  </Link>
);

const named = (options: { value: string; label: string }[], id: string) =>
  options.find(({ value }) => value === id)?.label ?? id;
export const UserName = ({ id }: { id: string }) => named(useFoundUsers(id).options, id);
export const TeamName = ({ id }: { id: string }) => named(useFoundTeams(id).options, id);
