/** A small gate in a wall: the product's mark. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={className}>
      <path fill="currentColor" d="M4 3h24v26h-6V15a6 6 0 0 0-12 0v14H4z" />
      <path fill="currentColor" d="M13 15a3 3 0 0 1 6 0v14h-6z" opacity=".45" />
    </svg>
  );
}
