/** Other names of models, one a line. */
export const AliasWords = ({ aliases }: { aliases: Record<string, unknown> }) => (
  <ul className="grid gap-0.5">
    {Object.entries(aliases).map(([name, model]) => (
      <li key={name} className="break-words">
        {name} <span className="text-faint">for</span> {String(model)}
      </li>
    ))}
  </ul>
);
