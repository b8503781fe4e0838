import { useQuery } from "@tanstack/react-query";
import { useAccess } from "@/api/access";
import { listCustomers } from "@/api/people";

export const useCustomers = () => {
  const enabled = useAccess().may("GET /customer/list");
  return useQuery({ queryKey: ["customers"], queryFn: listCustomers, enabled });
};
