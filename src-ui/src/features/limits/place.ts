// Where the thing is that a budget is of.
import type { LinkProps } from "@tanstack/react-router";
import type { Route } from "@/api/access";

export interface OfThing {
  level: string;
  id: string;
}

/** What a budget is of, whether of all its models or of one: `model_per_key` is of a key as `api_key` is. */
export const kindOf = ({ level }: OfThing) => level.replace(/^model_per_/, "").replace(/^key$/, "api_key");

type Place = Pick<LinkProps, "to" | "search"> & { needs: Route };

export function placeOf(thing: OfThing): Place | null {
  const search = { open: thing.id };
  switch (kindOf(thing)) {
    case "api_key":
      return { to: "/keys", search, needs: "GET /key/list" };
    case "user":
      return { to: "/users", search, needs: "GET /user/list" };
    case "team":
      return { to: "/teams", search, needs: "GET /v2/team/list" };
    case "organization":
      return { to: "/organizations", search, needs: "GET /organization/list" };
    case "end_user":
      return { to: "/customers", search, needs: "GET /customer/list" };
    case "tag":
      return { to: "/tags", search, needs: "GET /tag/list" };
    case "provider":
      return { to: "/providers", needs: "GET /console/providers" };
    default:
      return null;
  }
}
