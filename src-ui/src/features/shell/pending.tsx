import { Skeleton } from "@/components/controls";

/** A page that is on its way: where its title and its list will be. */
export const Pending = () => (
  <div aria-busy className="flex h-full flex-col gap-4 px-4 pt-5 sm:px-6">
    <span className="sr-only">Loading the page</span>
    <Skeleton className="h-5 w-32" />
    <Skeleton className="h-8" />
    <Skeleton className="min-h-0 flex-1 opacity-50" />
  </div>
);
