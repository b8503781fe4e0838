import { useQuery } from "@tanstack/react-query";
import { useAccess } from "@/api/access";
import { listTags } from "@/api/people";

export const useTags = () => {
  const enabled = useAccess().may("GET /tag/list");
  return useQuery({ queryKey: ["tags"], queryFn: listTags, enabled });
};
